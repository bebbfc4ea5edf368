import { Notification } from 'electron';
import { noticeText } from './notice-text';

const longestTitle = 120;
const longestBody = 500;

/** Shows a desktop notification, unless the person is looking at the window anyway. */
export function createNotifier(windowIsFocused: () => boolean, onClick: () => void) {
  /** Kept until closed: a collected notification loses its click. */
  const shown = new Set<Notification>();
  return (title: string, body: string): void => {
    if (windowIsFocused() || !Notification.isSupported()) return;
    const notification = new Notification({
      title: noticeText(title, longestTitle),
      body: noticeText(body, longestBody),
    });
    shown.add(notification);
    notification.once('click', onClick);
    notification.once('close', () => shown.delete(notification));
    notification.show();
  };
}
