import { apiCalls, type ApiCall } from './schema';

interface Branch {
  words: Map<string, Branch>;
  /** `{vmid}`: any one segment, or the rest of the path. */
  parameter?: { name: string; branch: Branch };
  methods: Map<string, ApiCall>;
}

export interface Route {
  call: ApiCall;
  /** From the path. */
  parameters: Record<string, string>;
}

/** Their values have slashes of their own: `local:backup/vzdump-…`, `10.0.0.0/8`, a pool in a pool. */
const takesTheRest = new Set(['volume', 'cidr', 'poolid']);

const newBranch = (): Branch => ({ words: new Map(), methods: new Map() });

function branchFor(parent: Branch, segment: string): Branch {
  const name = /^\{(.+)\}$/.exec(segment)?.[1];
  if (name !== undefined) {
    parent.parameter ??= { name, branch: newBranch() };
    return parent.parameter.branch;
  }
  const known = parent.words.get(segment) ?? newBranch();
  parent.words.set(segment, known);
  return known;
}

const segmentsOf = (path: string) => path.split('/').filter((segment) => segment !== '');

const tree = newBranch();
for (const call of apiCalls) segmentsOf(call.path).reduce(branchFor, tree).methods.set(call.method, call);

/** The call that the schema has for a path (percent signs already decoded), or undefined. */
export function findRoute(method: string, path: string): Route | undefined {
  const segments = segmentsOf(path);
  const parameters: Record<string, string> = {};
  let branch = tree;
  for (const [index, segment] of segments.entries()) {
    const word = branch.words.get(segment);
    if (word !== undefined) {
      branch = word;
      continue;
    }
    if (branch.parameter === undefined) return undefined;
    const { name } = branch.parameter;
    branch = branch.parameter.branch;
    const rest = takesTheRest.has(name) && index < segments.length - 1;
    parameters[name] = rest ? segments.slice(index).join('/') : segment;
    if (rest) break;
  }
  const call = branch.methods.get(method);
  return call === undefined ? undefined : { call, parameters };
}
