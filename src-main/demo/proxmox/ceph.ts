import { died } from './errors';
import { type Call, type Handlers } from './call';

const gibibyte = 1024 ** 3;
const version = '19.2.3';

/** Ceph runs on each node of atlas, two OSDs and a monitor on each; attic has none. */
function deployed(call: Call): void {
  if (!call.cluster.ceph) throw died('binary not installed: /usr/bin/ceph-mon');
}

const nodesOf = ({ cluster }: Call) => [...cluster.nodes.values()];

/** As `ceph status --format json` of Squid, so far as a screen shows it. */
function status(call: Call) {
  deployed(call);
  const nodes = nodesOf(call);
  const up = nodes.filter(({ online }) => online);
  const down = nodes.filter(({ online }) => !online);
  const check = (severity: string, message: string, count: number) => ({
    severity,
    summary: { message, count },
    muted: false,
  });
  return {
    fsid: '5f0c0f6e-4f0a-4c1a-9b0e-6f3b6d1a2c11',
    health: {
      status: down.length === 0 ? 'HEALTH_OK' : 'HEALTH_WARN',
      checks:
        down.length === 0
          ? {}
          : {
              MON_DOWN: check(
                'HEALTH_WARN',
                `${down.length}/${nodes.length} mons down, quorum ${up.map(({ name }) => name).join(',')}`,
                down.length,
              ),
              OSD_DOWN: check('HEALTH_WARN', `${down.length * 2} osds down`, down.length * 2),
              PG_DEGRADED: check(
                'HEALTH_WARN',
                'Degraded data redundancy: 8123/24369 objects degraded (33.333%), 129 pgs degraded',
                1,
              ),
            },
      mutes: [],
    },
    quorum_names: up.map(({ name }) => name),
    monmap: { epoch: 3, mons: nodes.map(({ name, id }) => ({ rank: id - 1, name })) },
    osdmap: {
      epoch: 512,
      num_osds: nodes.length * 2,
      num_up_osds: up.length * 2,
      num_in_osds: nodes.length * 2,
    },
    pgmap: {
      num_pgs: 129,
      bytes_used: 742 * gibibyte,
      bytes_total: nodes.length * 2 * 931 * gibibyte,
      pgs_by_state: [
        { state_name: down.length === 0 ? 'active+clean' : 'active+undersized+degraded', count: 129 },
      ],
    },
  };
}

/** Down daemons are told as long as nobody destroys them. */
function metadata(call: Call) {
  deployed(call);
  const nodes = nodesOf(call);
  const each = (ids: (id: number) => string[]) =>
    Object.fromEntries(
      nodes.flatMap(({ name, id }) =>
        ids(id).map(
          (daemon) => [`${daemon}@${name}`, { hostname: name, ceph_version_short: version }] as const,
        ),
      ),
    );
  return {
    mon: Object.fromEntries(
      nodes.map(({ name }) => [`${name}@${name}`, { hostname: name, ceph_version_short: version }]),
    ),
    mgr: Object.fromEntries(
      nodes
        .slice(0, 2)
        .map(({ name }) => [`${name}@${name}`, { hostname: name, ceph_version_short: version }]),
    ),
    mds: Object.fromEntries(
      nodes
        .slice(0, 2)
        .map(({ name }) => [`${name}@${name}`, { hostname: name, ceph_version_short: version }]),
    ),
    osd: Object.values(each((id) => [String(id * 2 - 2), String(id * 2 - 1)])).map((daemon, index) => ({
      ...daemon,
      id: index,
    })),
    node: {},
  };
}

const pool = (index: number, name: string, rule: string, pgs: number, used: number) => ({
  pool: index,
  pool_name: name,
  type: 'replicated',
  size: 3,
  min_size: 2,
  pg_num: pgs,
  pg_autoscale_mode: 'on',
  crush_rule: rule === 'replicated_rule' ? 0 : 1,
  crush_rule_name: rule,
  bytes_used: used * gibibyte,
  percent_used: used / 5586,
  application_metadata: {},
});

function pools(call: Call) {
  deployed(call);
  return [
    pool(1, '.mgr', 'replicated_rule', 1, 0.01),
    pool(2, 'vm-disks', 'nvme-only', 96, 655),
    pool(3, 'cephfs_data', 'replicated_rule', 16, 86),
    pool(4, 'cephfs_metadata', 'nvme-only', 16, 1),
  ];
}

export const cephHandlers: Handlers = {
  'GET /cluster/ceph/status': status,
  'GET /nodes/{node}/ceph/status': status,
  'GET /cluster/ceph/metadata': metadata,
  'GET /nodes/{node}/ceph/pool': pools,
  'GET /nodes/{node}/ceph/fs': (call) => {
    deployed(call);
    return [
      {
        name: 'cephfs',
        metadata_pool: 'cephfs_metadata',
        metadata_pool_id: 4,
        data_pool: 'cephfs_data',
        data_pools: ['cephfs_data'],
        data_pool_ids: [3],
      },
    ];
  },
  'GET /nodes/{node}/ceph/rules': (call) => {
    deployed(call);
    return [{ name: 'replicated_rule' }, { name: 'nvme-only' }];
  },
  'GET /nodes/{node}/ceph/mds': (call) => {
    deployed(call);
    const [first, second] = nodesOf(call);
    return [
      { name: first?.name, host: first?.name, state: 'up:active', fs_name: 'cephfs', rank: 0 },
      { name: second?.name, host: second?.name, state: 'up:standby', rank: -1 },
    ];
  },
};
