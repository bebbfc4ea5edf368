import { describe, expect, it } from 'vitest';
import { coreEnvironment } from './core-environment';

const options = { dataDirectory: '/data', demo: true, actor: 'a@b' };

describe('coreEnvironment', () => {
  it('keeps what connections need', () => {
    const environment = coreEnvironment(
      { HOME: '/home/a', SSH_AUTH_SOCK: '/run/agent', LANG: undefined },
      options,
    );
    expect(environment).toEqual({
      HOME: '/home/a',
      SSH_AUTH_SOCK: '/run/agent',
      HOLDFAST_CORE_OPTIONS: JSON.stringify(options),
    });
  });

  it('withholds what could change the code or the trust of the core', () => {
    const environment = coreEnvironment(
      {
        NODE_OPTIONS: '--require /tmp/evil.js',
        NODE_PATH: '/tmp',
        NODE_EXTRA_CA_CERTS: '/tmp/ca.pem',
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        ELECTRON_RUN_AS_NODE: '1',
        HOLDFAST_CORE_OPTIONS: '{}',
        HOLDFAST_USER_DATA: '/x',
      },
      options,
    );
    expect(Object.keys(environment)).toEqual(['HOLDFAST_CORE_OPTIONS']);
    expect(JSON.parse(environment['HOLDFAST_CORE_OPTIONS'] ?? '')).toEqual(options);
  });
});
