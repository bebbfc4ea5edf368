import { app, Menu, type MenuItemConstructorOptions } from 'electron';

/**
 * The menu, mostly for its accelerators: cut, copy and paste do not work on macOS without one.
 * SECURITY: reload and the developer tools exist in development only.
 */
export function installMenu({ development, openWindow }: { development: boolean; openWindow(): void }): void {
  const newWindow: MenuItemConstructorOptions = {
    label: 'New window',
    accelerator: 'CommandOrControl+Shift+N',
    click: openWindow,
  };
  const mac = process.platform === 'darwin';
  const about: MenuItemConstructorOptions = { role: 'about', label: `About ${app.name}` };
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const template: MenuItemConstructorOptions[] = [
    mac
      ? {
          label: app.name,
          submenu: [
            about,
            separator,
            { role: 'services' },
            separator,
            { role: 'hide' },
            { role: 'hideOthers' },
            { role: 'unhide' },
            separator,
            { role: 'quit' },
          ],
        }
      : {
          label: '&File',
          submenu: [newWindow, separator, { role: 'quit', accelerator: 'CommandOrControl+Q' }],
        },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
        ...(development
          ? ([
              separator,
              { role: 'reload' },
              { role: 'toggleDevTools' },
            ] satisfies MenuItemConstructorOptions[])
          : []),
      ],
    },
    { label: '&Window', submenu: [...(mac ? [newWindow] : []), { role: 'minimize' }, { role: 'close' }] },
    ...(mac ? [] : [{ label: '&Help', submenu: [about] }]),
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

export function describeApp(iconPath: string, evaluationRuntime: boolean): void {
  app.setAboutPanelOptions({
    applicationName: app.name,
    applicationVersion: app.getVersion(),
    version: `Electron ${process.versions.electron}${evaluationRuntime ? ', evaluation runtime' : ''}`,
    copyright: 'Apache-2.0',
    iconPath,
  });
}
