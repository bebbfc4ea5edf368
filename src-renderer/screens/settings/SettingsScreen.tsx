import {
  Alert,
  Badge,
  Button,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  Title,
} from '@mantine/core';
import { IconLock, IconLockOpen } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import type { WireError } from '../../../src-preload/contract/result';
import type { Settings } from '../../../src-preload/contract/settings';
import { call } from '../../api';
import { ErrorNotice } from '../../components/ErrorNotice';
import { PageHeader } from '../../components/PageHeader';
import { plural } from '../../format/bytes-format';
import { updateSettings, useAppStore } from '../../stores/app-store';
import { PolicySection } from './PolicySection';

export function SettingsScreen() {
  const info = useAppStore((state) => state.info);
  const core = useAppStore((state) => state.core);
  const settings = useAppStore((state) => state.settings);
  const [error, setError] = useState<WireError | null>(null);
  const [fixed, setFixed] = useState<ReadonlySet<keyof Settings>>(new Set());
  useEffect(() => {
    let mine = true;
    void call('settings:fixed', {}).then((answer) => {
      if (!mine) return;
      if (answer.ok) setFixed(new Set(answer.value.names));
      else setError(answer.error);
    });
    return () => {
      mine = false;
    };
  }, []);
  if (info === null || settings === null) return null;
  const change = async (patch: Partial<Settings>) => setError(await updateSettings(patch));
  return (
    <div className="page" style={{ maxWidth: 860 }}>
      <PageHeader title="Settings" />
      {error !== null && <ErrorNotice error={error} />}
      <Section title="Safety">
        <Row
          label="Read-only mode"
          fixed={fixed.has('readOnly')}
          text="While it is on, Holdfast changes nothing on any host, whatever their access levels. Turning it off asks in a native dialog."
        >
          <Switch
            size="md"
            aria-label="Read-only mode"
            disabled={fixed.has('readOnly')}
            checked={settings.readOnly}
            thumbIcon={
              settings.readOnly ? (
                <IconLock size={10} color="black" />
              ) : (
                <IconLockOpen size={10} color="black" />
              )
            }
            onChange={(event) => void change({ readOnly: event.currentTarget.checked })}
          />
        </Row>
        <Row
          label="Stage deletions and restores first"
          fixed={fixed.has('stageFirst')}
          text="Deleting volumes and backups of clusters, restoring and pruning then run only from Changes, planned anew. Turning it off asks in a native dialog."
        >
          <Switch
            size="md"
            aria-label="Stage deletions and restores first"
            disabled={fixed.has('stageFirst')}
            checked={settings.stageFirst}
            onChange={(event) => void change({ stageFirst: event.currentTarget.checked })}
          />
        </Row>
        <Row label="Secrets" text={info.vault.text}>
          <Badge variant="light" radius="sm" tt="none" color={info.vault.persistent ? 'teal' : 'orange'}>
            {info.vault.persistent ? `Sealed by ${info.vault.backend}` : 'Memory only'}
          </Badge>
        </Row>
      </Section>
      <PolicySection />
      <Section title="Appearance">
        <Row label="Theme" text="Auto follows the system." fixed={fixed.has('colourScheme')}>
          <SegmentedControl
            aria-label="Theme"
            disabled={fixed.has('colourScheme')}
            value={settings.colourScheme}
            data={[
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
              { value: 'auto', label: 'Auto' },
            ]}
            onChange={(value) => void change({ colourScheme: value as Settings['colourScheme'] })}
          />
        </Row>
      </Section>
      <Section title="Refresh">
        <Row
          label="Read connected hosts again"
          fixed={fixed.has('refreshSeconds')}
          text="Reads change nothing. Offline hosts keep their last known state, with its age."
        >
          <Interval
            label="Refresh interval"
            disabled={fixed.has('refreshSeconds')}
            value={settings.refreshSeconds}
            seconds={[0, 30, 60, 300, 1800]}
            onChange={(refreshSeconds) => void change({ refreshSeconds })}
          />
        </Row>
      </Section>
      <Section title="Proxmox VE clusters">
        <Row
          label="Read Proxmox VE clusters again"
          fixed={fixed.has('clusterRefreshSeconds')}
          text="Each reading is one request. Clusters that are away keep their last known state."
        >
          <Interval
            label="Refresh interval of clusters"
            disabled={fixed.has('clusterRefreshSeconds')}
            value={settings.clusterRefreshSeconds}
            seconds={[0, 30, 60, 120, 300, 1800]}
            onChange={(clusterRefreshSeconds) => void change({ clusterRefreshSeconds })}
          />
        </Row>
        <Row
          label="Templates among the guests"
          fixed={fixed.has('showTemplates')}
          text="They cannot be started, only cloned, so they are left out unless you want to see them."
        >
          <Switch
            size="md"
            aria-label="Templates among the guests"
            disabled={fixed.has('showTemplates')}
            checked={settings.showTemplates}
            onChange={(event) => void change({ showTemplates: event.currentTarget.checked })}
          />
        </Row>
      </Section>
      <Section title="Trouble">
        <Row
          label="Told after"
          fixed={fixed.has('troubleReadings')}
          text="A host, cluster or node that is away, a lost quorum or a new critical problem of a host is told after so many readings in a row that show it: in the window, or on the desktop while you look elsewhere."
        >
          <Readings
            label="Readings before trouble is told"
            fixed={fixed.has('troubleReadings')}
            value={settings.troubleReadings}
            onChange={(troubleReadings) => void change({ troubleReadings })}
          />
        </Row>
        <Row
          label="Over after"
          fixed={fixed.has('recoveryReadings')}
          text="Readings in a row without it before its end is told."
        >
          <Readings
            label="Readings before its end is told"
            fixed={fixed.has('recoveryReadings')}
            value={settings.recoveryReadings}
            onChange={(recoveryReadings) => void change({ recoveryReadings })}
          />
        </Row>
      </Section>
      <Section title="About">
        <Row
          label="Holdfast"
          text={`Version ${info.version} on Electron ${info.electron}, Chromium ${info.chromium}, ${info.platform}.`}
        >
          {info.evaluationRuntime && (
            <Badge color="orange" variant="light" radius="sm" tt="none">
              Evaluation runtime
            </Badge>
          )}
        </Row>
        {info.evaluationRuntime && (
          <Alert color="orange" my="sm">
            This window runs on an old Electron for evaluation and tests. Do not manage hosts that matter with
            it.
          </Alert>
        )}
        <Row label="Core" text={coreText(core)}>
          <Button size="compact-sm" variant="default" onClick={() => void call('app:restartCore', {})}>
            Restart the core
          </Button>
        </Row>
        <Row
          label="Profile"
          text="Host list, inventory and audit databases live here. Secrets do not, unless sealed."
        >
          <Text
            size="xs"
            className="mono"
            maw={360}
            style={{ overflowWrap: 'anywhere', userSelect: 'text' }}
            ta="right"
          >
            {info.profileDirectory}
          </Text>
        </Row>
        {info.demo && (
          <Row
            label="Demo fleet"
            text="Simulated hosts on this computer, in a profile of their own. The demo starts with read-only mode off."
          >
            <Button size="compact-sm" variant="default" onClick={() => void call('app:closeDemo', {})}>
              Leave the demo
            </Button>
          </Row>
        )}
      </Section>
    </div>
  );
}

function coreText(core: ReturnType<typeof useAppStore.getState>['core']): string {
  if (core === null) return 'State unknown.';
  const crashes =
    core.crashes === 0 ? '' : ` It ended unexpectedly ${plural(core.crashes, 'time')} since the start.`;
  return `The process that holds connections and databases is ${core.state}.${crashes}`;
}

function intervalWords(seconds: number): string {
  if (seconds === 0) return 'Only by hand';
  if (seconds < 60) return `Every ${seconds} s`;
  return seconds === 60 ? 'Every minute' : `Every ${seconds / 60} minutes`;
}

function Interval({
  label,
  disabled,
  value,
  seconds,
  onChange,
}: {
  label: string;
  disabled: boolean;
  value: number;
  seconds: readonly number[];
  onChange: (seconds: number) => void;
}) {
  return (
    <Select
      w={170}
      aria-label={label}
      disabled={disabled}
      value={String(value)}
      data={seconds.map((each) => ({ value: String(each), label: intervalWords(each) }))}
      onChange={(chosen) => onChange(Number(chosen))}
    />
  );
}

/** A number of readings, 1 to 100, saved when the field is left. */
function Readings({
  label,
  fixed,
  value,
  onChange,
}: {
  label: string;
  fixed: boolean;
  value: number;
  onChange: (value: number) => void;
}) {
  /** null: as it is saved. */
  const [typed, setTyped] = useState<number | string | null>(null);
  const shown = typed ?? value;
  const save = () => {
    setTyped(null);
    const wanted = shown === '' ? NaN : Number(shown);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= 100 && wanted !== value) onChange(wanted);
  };
  return (
    <NumberInput
      w={170}
      aria-label={label}
      disabled={fixed}
      min={1}
      max={100}
      allowDecimal={false}
      clampBehavior="strict"
      suffix={shown === 1 ? ' reading' : ' readings'}
      value={shown}
      onChange={setTyped}
      onBlur={save}
    />
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel" aria-label={title} style={{ padding: '14px 18px 8px' }}>
      <Title order={2} mb={6}>
        {title}
      </Title>
      <Stack gap={0}>{children}</Stack>
    </section>
  );
}

function Row({
  label,
  text,
  fixed = false,
  children,
}: {
  label: string;
  text: string;
  /** Decided by holdfast.json or the environment. */
  fixed?: boolean;
  children?: ReactNode;
}) {
  return (
    <Group
      justify="space-between"
      wrap="nowrap"
      gap="xl"
      py={10}
      style={{ borderTop: '1px solid var(--hf-border)' }}
    >
      <div>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="xs" c="dimmed" maw={480}>
          {text}
          {fixed && ' Decided by holdfast.json or the environment of this laptop.'}
        </Text>
      </div>
      <div style={{ flex: 'none' }}>{children}</div>
    </Group>
  );
}
