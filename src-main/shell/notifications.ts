import { Notification } from 'electron';

const longestTitle = 120;
const longestBody = 500;

/** Shows a desktop notification, unless the person is looking at the window anyway. */
export function createNotifier(windowIsFocused: () => boolean, onClick: () => void) {
  /** Kept until closed: a collected notification loses its click. */
  const shown = new Set<Notification>();
  return (title: string, body: string): void => {
    if (windowIsFocused() || !Notification.isSupported()) return;
    const notification = new Notification({
      title: title.slice(0, longestTitle),
      body: body.slice(0, longestBody),
    });
    shown.add(notification);
    notification.once('click', onClick);
    notification.once('close', () => shown.delete(notification));
    notification.show();
  };
}
