/** What stands in place of a secret. */
export const masked = '***';

/** Containers below this depth are not looked into, so they are masked whole (F241). */
const deepest = 16;

/**
 * Names whose values are secrets or may hold some, in every spelling: `api-token`, `api_token` and `apiToken` are one.
 * `key` alone names the keys of rows, `digest` and `fingerprint` are public, and so is `pem` of a certificate.
 */
const secretNames: ReadonlySet<string> = new Set(
  `password passwd pass passphrase pwd cipassword rootpassword rootpw userpassword adminpassword newpassword oldpassword
  confirmpassword currentpassword bindpassword bindpw smtppassword proxypassword proxypass dbpassword luksphrase lukspassphrase
  encryptionkey encryptionpassword masterkey masterpubkey backupkey keyring keyringpath
  secret secrets secretkey clientsecret sharedsecret appsecret apisecret webhooksecret tokensecret secretvalue
  token tokens apitoken accesstoken refreshtoken authtoken bearertoken idtoken sessiontoken csrftoken csrfpreventiontoken
  pushtoken gotifytoken tokenvalue jointoken registrationtoken
  apikey accesskey accesskeyid secretaccesskey privatekey sshprivatekey sshkey sshkeys sshpublickeys sshauthorizedkeys
  authkey authorization auth basicauth authheader cookie cookies setcookie sessionid session
  ticket tickets pveauthcookie vncticket spiceticket proxyticket credential credentials creds
  tfachallenge tfa totp otp otpsecret recoverykeys webauthn challenge u2f yubicokey yubicoapikey
  targetendpoint certificatekey tlskey keydata privkey psk presharedkey wireguardkey
  eabkid eabhmackey hmackey hmac dnsapikey dnsplugindata inputdata
  snmpcommunity community spnegoprincipal keytab chappassword monitorpassword vncpassword spicepassword`
    .split(/\s+/)
    .filter((name) => name !== ''),
);

/** One address for each network card of a cloud-init guest, with its gateway. */
const numbered = /^ipconfig\d+$/;

const judged = new Map<string, boolean>();

function normal(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** Whether a name speaks of a secret. Names come from the API's own schema and repeat, so each is judged once. */
export function isSecretName(name: string): boolean {
  let secret = judged.get(name);
  if (secret === undefined) {
    const plain = normal(name);
    secret = secretNames.has(plain) || numbered.test(plain);
    if (judged.size < 4096) judged.set(name, secret);
  }
  return secret;
}

type Shown = ReadonlySet<string>;
const nothing: Shown = new Set();

/** Flags and what is empty give nothing away, and say whether there is a secret at all. */
const isPlain = (value: unknown): boolean =>
  value === null || value === '' || value === 0 || value === 1 || typeof value === 'boolean';

/**
 * Masks secrets in an answer that was just parsed, in place: values whose name speaks of one, and the `value` and
 * `pending` of a row `{ key: 'cipassword', value }`, which is how Proxmox VE lists configurations.
 *
 * @param shown names that this read is about and needs as they are
 */
export function maskSecrets(value: unknown, shown: Shown = nothing, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return masked;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (typeof item === 'object' && item !== null) value[index] = maskSecrets(item, shown, depth + 1);
    }
    return value;
  }
  const row = value as Record<string, unknown>;
  const secretRow = typeof row['key'] === 'string' && isSecretName(row['key']) && !shown.has(row['key']);
  for (const name in row) {
    const inner = row[name];
    if (isPlain(inner)) continue;
    if (shown.has(name)) continue;
    const secret = isSecretName(name) || (secretRow && (name === 'value' || name === 'pending'));
    if (secret) row[name] = masked;
    else if (typeof inner === 'object') row[name] = maskSecrets(inner, shown, depth + 1);
  }
  return row;
}

/** F243: what a text of the server must not carry on: tickets, tokens and addresses with what may stand in them. */
export function withoutTickets(text: string): string {
  return text
    .replaceAll(/\bPVEAPIToken[= ][^\s'"&;,)]+/g, 'PVEAPIToken=(secret)')
    .replaceAll(/\bPVE(?:VNC|SPICE|TERM|DATASTORE|AuthCookie)?[:=](?!\s)[^\s'"&;,)]+/g, '(ticket)')
    .replaceAll(/\b(?:https?|wss?):\/\/[^\s'")]+/g, '(address)');
}
