import { describe, expect, it } from 'vitest';
import { noticeText } from './notice-text';

describe('the text of a desktop notification', () => {
  it.each([
    ['<a href="https://evil.example">Log in again</a>', '‹a href="https://evil.example"›Log in again‹/a›'],
    ['<img src="file:///etc/passwd"/>', '‹img src="file:///etc/passwd"/›'],
    ['a & b &lt;b&gt;', 'a ＆ b ＆lt;b＆gt;'],
    ['good\u202elive', 'good live'],
    ['two\n\tlines\u0000', 'two lines '],
    ['a\u200bb\u{e0061}', 'a b '],
    ['plain (1,5 GiB) é 日本', 'plain (1,5 GiB) é 日本'],
  ])('holds no markup and nothing hidden: %j', (text, shown) => {
    expect(noticeText(text, 500)).toBe(shown);
  });

  it('is cut between characters, and says so', () => {
    expect(noticeText('😀'.repeat(10), 4)).toBe('😀😀😀…');
  });
});
