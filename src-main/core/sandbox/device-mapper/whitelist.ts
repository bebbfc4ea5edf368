import { administers, operates, reads, readsUnprivileged } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import * as commands from './commands';
import { paths } from './names';

const { sandboxRoot: root, sandboxId: id, templateName: name, dmName: device, loop, loopOther } = sample;

const count = Number(sample.sectors);
const part = paths.part(root, name);
const image = paths.image(root, name);
const cow = paths.cow(root, id);
const pausedCow = paths.pausedCow(root, id);
const descriptions = [
  paths.templateMeta(root, name),
  paths.volumeMeta(root, id),
  paths.pausedMeta(root, id),
] as const;

/** Every shape of a command about device-mapper sandbox volumes. */
export const deviceMapperRules = [
  ...reads(
    commands.dmVersionArgv,
    commands.dmTargetsArgv,
    commands.dmTablesArgv,
    commands.dmStatusArgv,
    commands.dmInfoArgv,
    commands.losetupListArgv,
    commands.listFilesArgv(root),
    commands.readMetasArgv(root),
    commands.readSpaceArgv(root),
    commands.readSuperblockArgv(image),
  ),
  ...readsUnprivileged(commands.readSettingsArgv),
  // Taking a volume that is there on line and off: no file is made or changed.
  ...operates(
    commands.attachBaseArgv(loop, image),
    commands.attachCowArgv(loop, cow),
    commands.detachArgv(loop),
    commands.createDeviceArgv(device, { originSectors: count, base: loop, cow: loopOther }),
    commands.removeDeviceArgv(device),
    commands.readDeviceArgv(device),
  ),
  ...administers(
    commands.makeFolderArgv(commands.settingsFolder),
    commands.writeFileArgv(commands.settingsPath),
    commands.makePrivateFolderArgv(paths.templates(root)),
    commands.makePrivateFolderArgv(paths.volumes(root)),
    commands.makePrivateFolderArgv(paths.paused(root)),
    commands.reserveFileArgv(cow),
    commands.reserveFileArgv(part),
    commands.sizeFileArgv(cow, count),
    commands.sizeFileArgv(image, count),
    commands.rereadSizeArgv(loop),
    commands.copyDeviceArgv(device, part),
    commands.linkFileArgv(part, image),
    ...[part, image, cow, ...descriptions].map(commands.removeFileArgv),
    ...descriptions.map(commands.writeFileArgv),
    commands.checkFilesystemArgv(image),
    commands.checkFilesystemArgv(part),
    commands.growFilesystemArgv(image),
    commands.shrinkFilesystemArgv(part),
    commands.makeNewFolderArgv(paths.pausedFolder(root, id)),
    commands.removeFolderArgv(paths.pausedFolder(root, id)),
    commands.removePausedArgv(paths.pausedFolder(root, id)),
    commands.moveFileArgv(cow, pausedCow),
    commands.moveFileArgv(pausedCow, cow),
  ),
];
