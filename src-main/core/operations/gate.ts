import { accessLevels, type AccessLevel } from '../../../src-preload/contract/hosts';

export interface GateInput {
  accessLevel: AccessLevel;
  /** What the policy of this computer allows at most. Left out: everything. */
  most?: AccessLevel | undefined;
  minimumAccess: AccessLevel;
  readOnly: boolean;
  hostName: string;
  /** Title of the action: "Destroy ZFS snapshot". */
  title: string;
}

/** Why a change may not go through, and what would let it. */
export interface GateRefusal {
  message: string;
  remedy: string;
}

/**
 * Access level and read-only switch: both must allow.
 *
 * | needs \ has | view | operate | administer |
 * | operate     | no   | yes     | yes        |
 * | administer  | no   | no      | yes        |
 *
 * The read-only switch refuses whatever the level. Returns null when the change may go through.
 */
export function gate(input: GateInput): GateRefusal | null {
  if (input.readOnly) {
    return {
      message: 'Holdfast is read-only, so nothing was changed.',
      remedy: 'Turn off "Read-only" in Settings, then plan it again.',
    };
  }
  if (accessLevels.indexOf(input.accessLevel) < accessLevels.indexOf(input.minimumAccess)) {
    return {
      message: `${input.title} needs the access level "${input.minimumAccess}" and ${input.hostName} has "${input.accessLevel}", so nothing was changed.`,
      remedy:
        input.most !== undefined &&
        accessLevels.indexOf(input.most) < accessLevels.indexOf(input.minimumAccess)
          ? `The policy of this computer allows at most "${input.most}" there. Ask whoever looks after it.`
          : `Set the access level of ${input.hostName} to "${input.minimumAccess}" in its settings.`,
    };
  }
  return null;
}
