import {
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';

/** As much DER as a certificate needs; Node's crypto reads certificates but makes none. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...items: readonly Buffer[]) => der(0x30, ...items);
const text = (value: string) => der(0x0c, Buffer.from(value));

function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

/** Two-digit years to 2049, as RFC 5280 has it. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return new Date(ms).getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits));
}

export interface Name {
  commonName: string;
  unit?: string;
  organisation: string;
}

function nameOf({ commonName, unit, organisation }: Name): Buffer {
  const attribute = (type: string, value: string) => der(0x31, sequence(identifier(type), text(value)));
  return sequence(
    ...(unit === undefined ? [] : [attribute('2.5.4.11', unit)]),
    attribute('2.5.4.10', organisation),
    attribute('2.5.4.3', commonName),
  );
}

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    /^[\d.]+$/.test(name)
      ? der(0x87, Buffer.from(name.split('.').map(Number)))
      : der(0x82, Buffer.from(name)),
  );
  return sequence(identifier('2.5.29.17'), der(0x04, sequence(...entries)));
}

function basicConstraints(authority: boolean): Buffer {
  const content = authority ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(identifier('2.5.29.19'), der(0x01, Buffer.from([0xff])), der(0x04, sequence(...content)));
}

export interface KeyAndCertificate {
  key: KeyObject;
  certificate: X509Certificate;
  /** `AA:BB:…`, SHA-256 of the certificate. */
  fingerprint: string;
  /** Signed it; left out: it signs itself, or nobody is told. */
  signer?: X509Certificate;
}

export interface CertificateOptions {
  subject: Name;
  /** Host names and IPv4 addresses. */
  names: readonly string[];
  notBeforeMs: number;
  notAfterMs: number;
  /** Left out: it signs itself and may sign others. */
  authority?: { name: Name; key: KeyObject; certificate?: X509Certificate };
}

export function createCertificate(options: CertificateOptions): KeyAndCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(identifier('1.2.840.10045.4.3.2'));
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const extensions = [
    basicConstraints(options.authority === undefined),
    ...(options.names.length === 0 ? [] : [alternativeNames(options.names)]),
  ];
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    nameOf(options.authority?.name ?? options.subject),
    sequence(time(options.notBeforeMs), time(options.notAfterMs)),
    nameOf(options.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', content, options.authority?.key ?? privateKey);
  const encoded = sequence(content, algorithm, der(0x03, Buffer.from([0]), signature));
  const fingerprint = createHash('sha256').update(encoded).digest('hex').toUpperCase();
  return {
    key: privateKey,
    certificate: new X509Certificate(encoded),
    fingerprint: (fingerprint.match(/../g) ?? []).join(':'),
    ...(options.authority?.certificate === undefined ? {} : { signer: options.authority.certificate }),
  };
}
