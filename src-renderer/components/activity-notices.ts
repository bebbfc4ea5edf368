import { notifications } from '@mantine/notifications';
import { listen } from '../api';
import { useFleetStore } from '../stores/fleet-store';

/** Says in the window that a host, cluster or node went or came back; trouble stays until it is closed. */
export function followTrouble(): () => void {
  return listen('trouble:changed', ({ state, title, text }) => {
    const begun = state === 'begun';
    notifications.show({
      title,
      message: text,
      color: begun ? 'red' : 'green',
      autoClose: begun ? false : 10_000,
    });
  });
}

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
