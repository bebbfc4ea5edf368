import type { ClusterEndpoint } from '../../../src-preload/contract/clusters';

const defaultPort = 8006;
const most = 16;

/** One address a line: `pve1`, `pve1:8006`, `192.0.2.11`, `[2001:db8::1]:8006`, `2001:db8::1`. */
export function parseEndpoints(text: string): { endpoints: ClusterEndpoint[] } | { complaint: string } {
  const endpoints: ClusterEndpoint[] = [];
  const lines = text
    .split(/[\n,]/)
    .map((line) =>
      line
        .trim()
        .replace(/^https:\/\//, '')
        .replace(/\/.*$/, ''),
    )
    .filter((line) => line !== '');
  if (lines.length === 0) return { complaint: 'At least one node' };
  if (lines.length > most) return { complaint: `At most ${most} nodes` };
  for (const line of lines) {
    const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(line);
    const bare =
      (line.match(/:/g) ?? []).length > 1 ? [line, line, undefined] : /^([^:]+)(?::(\d+))?$/.exec(line);
    const [, address = '', portText] = bracketed ?? bare ?? [];
    const port = portText === undefined ? defaultPort : Number(portText);
    if (!/^(?!-)[A-Za-z0-9._:%-]+$/.test(address)) return { complaint: `“${line}” is not an address` };
    if (port < 1 || port > 65535) return { complaint: `“${line}”: the port must be 1 to 65535` };
    if (
      endpoints.some((each) => each.address.toLowerCase() === address.toLowerCase() && each.port === port)
    ) {
      return { complaint: `“${line}” stands there twice` };
    }
    endpoints.push({ address, port });
  }
  return { endpoints };
}
