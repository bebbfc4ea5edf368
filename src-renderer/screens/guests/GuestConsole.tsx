import { Group, Stack, Text } from '@mantine/core';
import { IconTerminal2, IconX } from '@tabler/icons-react';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef, useState } from 'react';
import type { Cluster, Guest } from '../../../src-preload/contract/clusters';
import { call } from '../../api';
import { ActionButton } from '../../components/ActionButton';
import { useRead } from '../../components/use-read';
import { endConsole, type ConsoleSession } from '../../stores/console-store';
import { startOffer } from '../../stores/offers-store';

/** Of one keystroke or piece of a paste; the core takes as much at a time. */
const mostTypedAtOnce = 4096;

/** The text terminal of a guest. What passes through it is recorded nowhere. */
export function GuestConsole({
  cluster,
  guest,
  session,
  visible,
}: {
  cluster: Cluster;
  guest: Guest;
  session: ConsoleSession | null;
  visible: boolean;
}) {
  const { read } = useRead(
    'clusters:offers',
    { clusterId: cluster.id, subject: { kind: 'guest', vmid: guest.vmid } },
    guest.status,
  );
  const offer =
    read.status === 'ready'
      ? read.found.offers.find(({ action }) => action === 'pve.guest.console')
      : undefined;
  const excuse =
    session !== null
      ? 'It is open.'
      : offer === undefined
        ? 'What can be done is not read yet.'
        : offer.excuse;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {guest.type === 'lxc'
          ? 'The terminal of the container, as it stands in front of it: it asks who you are.'
          : 'The serial terminal of the machine. Its graphical console (VNC, SPICE) is opened in the web interface of Proxmox VE.'}{' '}
        That it was opened is recorded; what is typed and shown is not.
      </Text>
      <Group gap="xs">
        <ActionButton
          variant="light"
          size="compact-sm"
          leftSection={<IconTerminal2 size={15} aria-hidden />}
          excuse={excuse}
          onClick={() => offer !== undefined && startOffer(cluster.id, offer)}
        >
          Open console…
        </ActionButton>
        <ActionButton
          variant="default"
          size="compact-sm"
          leftSection={<IconX size={15} aria-hidden />}
          excuse={session === null ? 'It is not open.' : null}
          onClick={() => session !== null && void endConsole(session)}
        >
          Close console
        </ActionButton>
      </Group>
      {session !== null && <Screen key={session.sessionId} session={session} visible={visible} />}
    </Stack>
  );
}

function Screen({ session, visible }: { session: ConsoleSession; visible: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const fit = useRef<() => void>(() => undefined);
  const [ended, setEnded] = useState<string | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const { sessionId } = session;
    const gone = new AbortController();
    const terminal = new Terminal({
      fontFamily: "'JetBrains Mono Variable', monospace",
      fontSize: 13,
      cursorBlink: true,
      scrollback: 5_000,
      // The lines are read out, and found by tests, by their text.
      screenReaderMode: true,
      theme: { background: '#101418', foreground: '#e6e9ec' },
    });
    const fitting = new FitAddon();
    terminal.loadAddon(fitting);
    terminal.open(element);
    // One after the other, so that what is typed arrives in its order.
    let line = Promise.resolve();
    const send = (work: () => Promise<{ ok: boolean }>): void => {
      line = line.then(async () => {
        if (!gone.signal.aborted) await work();
      });
    };
    terminal.onData((text) => {
      for (let at = 0; at < text.length; at += mostTypedAtOnce) {
        const piece = text.slice(at, at + mostTypedAtOnce);
        send(() => call('consoles:write', { sessionId, text: piece }));
      }
    });
    terminal.onResize(({ cols, rows }) => {
      send(() => call('consoles:resize', { sessionId, columns: cols, rows }));
    });
    fit.current = () => fitting.fit();
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) fitting.fit();
    });
    observer.observe(element);
    terminal.focus();
    void (async () => {
      for (;;) {
        const answer = await call('consoles:read', { sessionId }, gone.signal);
        if (gone.signal.aborted) return;
        if (!answer.ok) {
          setEnded(answer.error.message);
          return;
        }
        const { text, ended: reason } = answer.value;
        // Waits until it is drawn: a flood of output must not outrun the screen.
        if (text !== '') await new Promise<void>((drawn) => terminal.write(text, drawn));
        if (reason !== null) {
          setEnded(reason);
          return;
        }
      }
    })();
    return () => {
      gone.abort();
      observer.disconnect();
      terminal.dispose();
    };
  }, [session]);
  useEffect(() => {
    if (visible) fit.current();
  }, [visible]);
  // Closing the drawer ends it. A turn later, since React may take a component away and put it back at once.
  const there = useRef(false);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
      setTimeout(() => {
        if (!there.current) void endConsole(session);
      }, 0);
    };
  }, [session]);
  return (
    <Stack gap={6}>
      {ended !== null && (
        <Text size="sm" c="var(--hf-warning)" role="status">
          The console ended. {ended}
        </Text>
      )}
      <div
        ref={place}
        role="region"
        aria-label="Console"
        style={{
          height: 'calc(100vh - 270px)',
          minHeight: 260,
          background: '#101418',
          padding: 8,
          borderRadius: 6,
        }}
      />
    </Stack>
  );
}
