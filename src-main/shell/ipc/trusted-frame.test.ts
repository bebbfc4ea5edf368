import { describe, expect, it } from 'vitest';
import { isTrustedFrame, type Frame, type SenderEvent } from './trusted-frame';

const origin = 'holdfast://app';
const frame = (own = origin, detached = false): Frame => ({ origin: own, detached });
const event = (senderFrame: Frame | null, mainFrame: Frame, destroyed = false): SenderEvent => ({
  senderFrame,
  sender: { mainFrame, isDestroyed: () => destroyed },
});

describe('isTrustedFrame', () => {
  it('takes the main frame of our page', () => {
    const main = frame();
    expect(isTrustedFrame(event(main, main), origin)).toBe(true);
  });

  it('refuses a frame that is gone', () => {
    expect(isTrustedFrame(event(null, frame()), origin)).toBe(false);
  });

  it('refuses a sub-frame, also one of our own origin', () => {
    expect(isTrustedFrame(event(frame(), frame()), origin)).toBe(false);
  });

  it('refuses a frame that is being replaced, and a window that is closed', () => {
    const leaving = frame(origin, true);
    expect(isTrustedFrame(event(leaving, leaving), origin)).toBe(false);
    const main = frame();
    expect(isTrustedFrame(event(main, main, true), origin)).toBe(false);
  });

  it.each([
    'holdfast://app.evil.example',
    'holdfast://app:80',
    'holdfast://ap',
    'holdfast://app/',
    'https://app',
    'file://',
    'null',
    '',
  ])('refuses the origin "%s"', (other) => {
    const main = frame(other);
    expect(isTrustedFrame(event(main, main), origin)).toBe(false);
  });
});
