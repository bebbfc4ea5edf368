/**
 * A suggested name is a name: no folder and nothing that some file system reads otherwise.
 * SECURITY: it may hold a host's name, and the path decides where the core writes.
 */
export function plainFileName(name: string): string {
  const plain = name.replace(/[\u0000-\u001f\u007f/\\:*?"<>|]/g, '-').replace(/^[.\s]+|[.\s]+$/g, '');
  return plain === '' ? 'holdfast' : plain.slice(0, 200);
}
