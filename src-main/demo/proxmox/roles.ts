const words = (text: string) => text.split(' ');

const datastore = words(
  'Datastore.Allocate Datastore.AllocateSpace Datastore.AllocateTemplate Datastore.Audit',
);
const guestAgentUse = words(
  'VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite',
);
const vmUser = [
  ...words('VM.Audit VM.Backup VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.PowerMgmt'),
  ...guestAgentUse,
];
const vmAdmin = [
  ...vmUser,
  ...words('VM.Allocate VM.Clone VM.Config.CPU VM.Config.Disk VM.Config.HWType VM.Config.Memory'),
  ...words('VM.Config.Network VM.Config.Options VM.GuestAgent.Unrestricted VM.Migrate VM.Replicate'),
  ...words('VM.Snapshot VM.Snapshot.Rollback'),
];
const sdn = words('SDN.Allocate SDN.Audit SDN.Use');
const admin = [
  ...vmAdmin,
  ...datastore,
  ...sdn,
  ...words('Group.Allocate Mapping.Audit Mapping.Use Pool.Allocate Pool.Audit Realm.AllocateUser'),
  ...words('Sys.Audit Sys.Console Sys.Syslog User.Modify'),
];
const administrator = [
  ...admin,
  ...words(
    'Mapping.Modify Permissions.Modify Realm.Allocate Sys.AccessNetwork Sys.Incoming Sys.Modify Sys.PowerMgmt',
  ),
];

/** The roles that come with Proxmox VE 9.2. */
export const builtInRoles: Readonly<Record<string, readonly string[]>> = {
  Administrator: administrator,
  NoAccess: [],
  PVEAdmin: admin,
  PVEAuditor: words(
    'Datastore.Audit Mapping.Audit Pool.Audit SDN.Audit Sys.Audit VM.Audit VM.GuestAgent.Audit',
  ),
  PVEDatastoreAdmin: datastore,
  PVEDatastoreUser: words('Datastore.AllocateSpace Datastore.Audit'),
  PVEMappingAdmin: words('Mapping.Audit Mapping.Modify Mapping.Use'),
  PVEMappingUser: words('Mapping.Audit Mapping.Use'),
  PVEPoolAdmin: words('Pool.Allocate Pool.Audit'),
  PVEPoolUser: words('Pool.Audit'),
  PVESDNAdmin: sdn,
  PVESDNUser: words('SDN.Audit SDN.Use'),
  PVESysAdmin: words('Sys.Audit Sys.Console Sys.Syslog'),
  PVETemplateUser: words('VM.Audit VM.Clone'),
  PVEUserAdmin: words('Group.Allocate Realm.AllocateUser User.Modify'),
  PVEVMAdmin: vmAdmin,
  PVEVMUser: vmUser,
};

/** Every privilege there is. */
export const allPrivileges: ReadonlySet<string> = new Set(administrator);
