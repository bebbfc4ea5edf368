import { notifications } from '@mantine/notifications';
import { listen } from '../api';
import { useFleetStore } from '../stores/fleet-store';

/** Says in the window that a scrub, resilver or move has ended; what needs attention stays until it is closed. */
export function followActivities(): () => void {
  return listen('inventory:activityEnded', ({ hostId, title, text, attention }) => {
    const host = useFleetStore.getState().hosts.find((entry) => entry.host.id === hostId)?.host.name;
    notifications.show({
      title: host === undefined ? title : `${host}: ${title}`,
      message: text,
      color: attention ? 'orange' : 'green',
      autoClose: attention ? false : 10_000,
    });
  });
}
