import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * A file that a person chose, whole. null: not a regular file, or larger than the limit, so that a wrong choice is not
 * read whole. Never waits for a pipe nor reads a device without end.
 * @throws the system's error when it cannot be opened or read
 */
export function readSmallFile(path: string, mostBytes: number): Buffer | null {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) return null;
    const room = Buffer.alloc(mostBytes + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, room, length, room.length - length, null);
      length += read;
      if (length > mostBytes) return null;
      if (read === 0) return room.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
