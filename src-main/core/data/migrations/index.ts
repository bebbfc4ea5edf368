import type { Migration } from '../migrate';
import { migration as hosts } from './0010-hosts';
import { migration as settings } from './0020-settings';
import { migration as inventory } from './0030-inventory';
import { migration as auditAnchors } from './0040-audit-anchors';
import { migration as anchorPerFile } from './0050-anchor-per-file';
import { migration as capacity } from './0060-capacity';
import { migration as snapshotPolicies } from './0070-snapshot-policies';
import { migration as clusters } from './0080-clusters';
import { migration as clusterLogins } from './0090-cluster-logins';
import { migration as stateChanges } from './0100-state-changes';
import { migration as stagedChanges } from './0110-staged-changes';
import { migration as transfers } from './0120-transfers';
import { migration as automations } from './0130-automations';
import { migration as automationsDue } from './0140-automations-due';

/** Formats of app.sqlite, oldest first. A line is never changed once released. */
export const appMigrations: readonly Migration[] = [
  hosts,
  settings,
  inventory,
  auditAnchors,
  anchorPerFile,
  capacity,
  snapshotPolicies,
  clusters,
  clusterLogins,
  stateChanges,
  stagedChanges,
  transfers,
  automations,
  automationsDue,
];
