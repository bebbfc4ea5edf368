import { Fragment } from 'react';

/** A certificate's fingerprint, which may be broken after a colon and never within a byte: people compare it by eye. */
export function Fingerprint({ sha256 }: { sha256: string }) {
  const bytes = sha256.split(':');
  return (
    <span className="mono" style={{ userSelect: 'text' }}>
      {bytes.map((byte, at) => (
        <Fragment key={at}>
          {byte}
          {at < bytes.length - 1 && (
            <>
              :<wbr />
            </>
          )}
        </Fragment>
      ))}
    </span>
  );
}
