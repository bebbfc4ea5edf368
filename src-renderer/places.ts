import {
  IconBox,
  IconCalendarTime,
  IconCamera,
  IconDatabase,
  IconDeviceDesktop,
  IconDisc,
  IconHistory,
  IconInbox,
  IconLayoutDashboard,
  IconListCheck,
  IconSettings,
} from '@tabler/icons-react';

/** Every screen of the navigation, in its order: also the palette's and that of the shortcuts. */
export const places = [
  { path: '/', label: 'Fleet', icon: IconLayoutDashboard },
  { path: '/pools', label: 'Pools', icon: IconDatabase },
  { path: '/disks', label: 'Disks', icon: IconDisc },
  { path: '/snapshots', label: 'Snapshots', icon: IconCamera },
  { path: '/sandboxes', label: 'Sandbox volumes', icon: IconBox },
  { path: '/guests', label: 'Guests', icon: IconDeviceDesktop },
  { path: '/tasks', label: 'Tasks', icon: IconListCheck },
  { path: '/policies', label: 'Policies', icon: IconCalendarTime },
  { path: '/changes', label: 'Changes', icon: IconInbox },
  { path: '/audit', label: 'Audit', icon: IconHistory },
  { path: '/settings', label: 'Settings', icon: IconSettings },
] as const;
