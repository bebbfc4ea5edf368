import type { Cluster } from '../../../src-preload/contract/clusters';

type Login = Pick<Cluster, 'login'>;

/** Whose rights decide on a cluster: those of the token, or of the user who logs in by password. */
export const loginNoun = ({ login }: Login): 'token' | 'user' => (login.kind === 'token' ? 'token' : 'user');

/** What to enter anew where the cluster does not accept the login. */
export const changeLoginWords = ({ login }: Login): string =>
  login.kind === 'token' ? 'Change the token…' : 'Change the password…';

export const noPoolsWords = (of: Login): string =>
  `There are none, or the ${loginNoun(of)} may not see them (Pool.Audit).`;

export const noGuestsWords = (of: Login): string =>
  `The ${loginNoun(of)} sees no guests here. It takes VM.Audit on /vms.`;

export const noStoragesWords = (of: Login): string =>
  `The ${loginNoun(of)} sees no storages. It takes Datastore.Audit on /storage.`;

export const noLogWords = (of: Login): string =>
  `Nothing is told. Without Sys.Syslog on / the ${loginNoun(of)} sees only what it did itself.`;

/**
 * `GET /cluster/tasks` compares the user of a task, without the name of a token, with the whole id of who asks: so a token
 * is not shown even its own.
 */
export const noTasksWords = (of: Login): string =>
  loginNoun(of) === 'token'
    ? 'No tasks are told. Without Sys.Audit on / a token is shown none, not even its own.'
    : 'No tasks are told. Without Sys.Audit on / a user is shown only their own.';

/** Of several clusters, whose logins may differ. */
export const noTasksAtAllWords =
  'No tasks are told. To see those of others takes Sys.Audit on / of each cluster.';

/** A node tells its own tasks to whoever started them, by token or not. */
export const noNodeTasksWords = (of: Login, failed: boolean): string =>
  `No ${failed ? 'failed ' : ''}tasks are told. Without Sys.Audit on the node the ${loginNoun(of)} is shown only its own.`;
