/** Sandbox volumes on device-mapper: templates, volumes made of them, and what is left over. */
export const deviceMapperActionIds = [
  'dm.settings',
  'dm.template.register',
  'dm.template.expand',
  'dm.template.destroy',
  'dm.volume.create',
  'dm.volume.restore',
  'dm.volume.remove',
  'dm.volume.flatten',
  'dm.volume.grow',
  'dm.volume.pause',
  'dm.volume.resume',
  'dm.volume.destroy',
  'dm.leftovers.clean',
  'dm.host.release',
] as const;
