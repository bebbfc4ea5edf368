import { z } from 'zod';

/** F114 */
export const storageNameSchema = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,62}$/, 'must be the name of a storage');

/** F114, F123: a volume of a storage; no part of its path is empty, `.` or `..`. */
export const volumeIdSchema = z
  .string()
  .max(512)
  .regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,62}:[A-Za-z0-9_.+/@=:~-]+$/, 'must be the id of a volume')
  .refine(
    (volid) =>
      volid
        .slice(volid.indexOf(':') + 1)
        .split('/')
        .every((part) => part !== '' && part !== '.' && part !== '..'),
    'has a part that leads elsewhere',
  );

/** As systemd calendar events that Proxmox VE knows: `mon..fri 02:30`, `*\/15`, `daily`. */
export const scheduleSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9*/.,:\- ]+$/, 'must be a calendar event, as mon..fri 02:30');

/** F112: as it is sent, `keep-last=3,keep-weekly=2`. */
export const keepSchema = z
  .string()
  .max(200)
  .regex(
    /^(?:keep-all=1|keep-(?:last|hourly|daily|weekly|monthly|yearly)=\d{1,3}(?:,keep-(?:last|hourly|daily|weekly|monthly|yearly)=\d{1,3})*)$/,
    'must look like keep-last=3,keep-weekly=2',
  )
  .refine(
    (text) => text.split(',').every((part) => Number(part.split('=')[1]) <= 365),
    'keeps more than 365 by one rule',
  )
  .refine((text) => {
    const rules = text.split(',').map((part) => part.split('=')[0]);
    return new Set(rules).size === rules.length;
  }, 'names a rule twice')
  .refine((text) => text.split(',').some((part) => Number(part.split('=')[1]) > 0), 'keeps nothing at all');

export const commentSchema = z.string().max(512);
