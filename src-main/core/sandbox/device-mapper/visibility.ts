import { isPlatform } from './meta';
import { minimalTemplate } from './names';
import type { Template } from './world';

/** Who sees which template: those of the platform everybody, those of a team only that team. */

/** Of an image without a description nobody knows whose it is: only the listing of all shows it. */
export function isVisibleTo({ meta }: Pick<Template, 'meta'>, team: string): boolean {
  return meta !== null && (isPlatform(meta.team) || meta.team === team);
}

export function visibleTemplates(
  templates: readonly Template[],
  team: string,
  type?: 'base' | 'snapshot',
): Template[] {
  return templates.filter(
    (template) => isVisibleTo(template, team) && (type === undefined || template.meta?.type === type),
  );
}

/** null: there is none, or this team may not know of it. */
export function templateFor(templates: readonly Template[], name: string, team: string): Template | null {
  return visibleTemplates(templates, team).find((template) => template.name === name) ?? null;
}

/**
 * Why a template may not be deleted, whatever stands on it. `asTeam`: on behalf of that team; null: of the host's
 * administrator.
 */
export function deletionRefusal(template: Template, asTeam: string | null): string | null {
  if (template.name === minimalTemplate) {
    return `“${minimalTemplate}” is what every host starts from: nobody can delete it.`;
  }
  if (asTeam === null) return null;
  if (!isVisibleTo(template, asTeam)) return `There is no template ${template.name} for this team.`;
  if (template.meta !== null && isPlatform(template.meta.team)) {
    return `${template.name} belongs to the platform: a team cannot delete it.`;
  }
  return null;
}

/** Why a new template cannot have this name; null: it can. */
export function nameRefusal(templates: readonly Template[], name: string): string | null {
  const there = templates.find((template) => template.name === name);
  if (there === undefined) return null;
  return there.meta !== null && isPlatform(there.meta.team)
    ? `The name ${name} is taken by a template of the platform.`
    : `There is a template ${name} already.`;
}
