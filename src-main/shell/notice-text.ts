/** Characters that reorder or control text, or are not drawn. */
const hidden = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gu;

/**
 * Text of a host as a desktop notification may show it.
 *
 * SECURITY: on Linux the body is markup (Desktop Notifications Specification, "Markup"): a name with `<a href>` in it
 * would be a link, one with `<img>` would load a file, and a lone `<` or `&` leaves some bodies empty. Escaped, those
 * that know no markup would show the escapes; so what would begin a tag or an entity is written another way.
 */
export function noticeText(text: string, longest: number): string {
  const plain = text.replace(hidden, ' ').replaceAll('<', '‹').replaceAll('>', '›').replaceAll('&', '＆');
  const characters = [...plain];
  return characters.length <= longest ? plain : `${characters.slice(0, longest - 1).join('')}…`;
}
