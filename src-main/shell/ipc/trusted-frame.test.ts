import { describe, expect, it } from 'vitest';
import { isTrustedFrame, type Frame, type SenderEvent } from './trusted-frame';

const origin = 'holdfast://app';
const url = 'holdfast://app/index.html';
const page = { url, origin };
const frame = (own = origin, detached = false, address = url): Frame => ({
  url: address,
  origin: own,
  detached,
});
const event = (senderFrame: Frame | null, mainFrame: Frame, destroyed = false): SenderEvent => ({
  senderFrame,
  sender: { mainFrame, isDestroyed: () => destroyed },
});

describe('isTrustedFrame', () => {
  it('takes the main frame of our page', () => {
    const main = frame();
    expect(isTrustedFrame(event(main, main), page)).toBe(true);
  });

  it('takes it wherever its own routing stands', () => {
    const main = frame(origin, false, `${url}#/hosts/nas-01`);
    expect(isTrustedFrame(event(main, main), page)).toBe(true);
  });

  it.each(['about:blank', 'about:srcdoc', '', `${url}?x`, 'holdfast://app/assets/x.html'])(
    'refuses "%s", although it inherits our origin',
    (address) => {
      const main = frame(origin, false, address);
      expect(isTrustedFrame(event(main, main), page)).toBe(false);
    },
  );

  it('refuses a frame that is gone', () => {
    expect(isTrustedFrame(event(null, frame()), page)).toBe(false);
  });

  it('refuses a sub-frame, also one of our own origin', () => {
    expect(isTrustedFrame(event(frame(), frame()), page)).toBe(false);
  });

  it('refuses a frame that is being replaced, and a window that is closed', () => {
    const leaving = frame(origin, true);
    expect(isTrustedFrame(event(leaving, leaving), page)).toBe(false);
    const main = frame();
    expect(isTrustedFrame(event(main, main, true), page)).toBe(false);
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
    expect(isTrustedFrame(event(main, main), page)).toBe(false);
  });
});
