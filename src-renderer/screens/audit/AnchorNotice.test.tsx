// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useAuditStore } from '../../stores/audit-store';
import { installBrowserParts } from '../../test/bridge';
import { AnchorNotice } from './AnchorNotice';

const check = {
  verdict: 'contained' as const,
  rowCount: 140,
  firstBadSeq: null,
  anchorRowCount: 100,
  anchoredAtMs: Date.UTC(2026, 10, 23),
  keyFingerprint: 'ab'.repeat(32),
  ownKey: true,
  displayPath: '/media/stick/anchor.json',
};

describe('the answer about an anchor', () => {
  beforeEach(installBrowserParts);
  afterEach(() => {
    cleanup();
    useAuditStore.setState({ anchorCheck: null });
  });
  const show = (
    patch: Partial<NonNullable<ReturnType<typeof useAuditStore.getState>['anchorCheck']>> = {},
  ) => {
    useAuditStore.setState({ anchorCheck: { ...check, ...patch } });
    render(<AnchorNotice />, { wrapper: MantineProvider });
    return screen.getByRole('status').textContent;
  };

  it('says what is vouched for and what is not', () => {
    const text = show();
    expect(text).toContain('The first 100 rows are unchanged. 40 rows came later');
    expect(text).toContain('by this installation.');
    fireEvent.click(screen.getByRole('button', { name: 'Close the answer' }));
    expect(screen.queryByRole('status')).toBeNull();
  });

  it('tells a cut, an edited and a rewritten audit apart, and names a foreign key', () => {
    expect(show({ verdict: 'cut-short', rowCount: 90 })).toContain('counts 100 rows, 90 are there');
    cleanup();
    expect(show({ verdict: 'rewritten', firstBadSeq: 7 })).toContain('Row 7 was edited');
    cleanup();
    expect(show({ verdict: 'rewritten', ownKey: false })).toMatch(/written anew.*another installation/s);
    cleanup();
    expect(show({ verdict: 'other-file' })).toContain('says nothing about this one');
  });
});
