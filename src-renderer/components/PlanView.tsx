import {
  Alert,
  Badge,
  Button,
  Group,
  Loader,
  Modal,
  Progress,
  ScrollArea,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBan,
  IconCheck,
  IconCircleX,
  IconInbox,
  IconInfoCircle,
  IconQuestionMark,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type {
  Consequence,
  OperationResult,
  Outcome,
  Plan,
  StepResult,
} from '../../src-preload/contract/operations';
import type { WireError } from '../../src-preload/contract/result';
import { formatBytes } from '../format/bytes-format';
import { formatDuration, formatElapsed, formatMoment } from '../format/time-format';
import { outcomeWords, riskColours, riskWords } from '../format/words-format';
import { useAppStore } from '../stores/app-store';
import { closeGuest, closePanel } from '../stores/clusters-store';
import {
  cancelRun,
  closePlan,
  goesOn,
  planGoingOn,
  replan,
  runPlan,
  sequenceOf,
  stagePlan,
  usePlanStore,
} from '../stores/plan-store';
import { ActionButton } from './ActionButton';
import { useNow } from './Age';
import { EnvironmentBadge, environmentColour } from './EnvironmentBadge';
import { ErrorNotice } from './ErrorNotice';
import { PlanCommands } from './PlanCommands';

/** The one window through which every change goes: shown, typed, then confirmed natively by the shell. */
export function PlanView() {
  const { request, stage, plan, error } = usePlanStore();
  const running = stage === 'running';
  return (
    <Modal.Root
      opened={request !== null}
      onClose={closePlan}
      size={780}
      padding={0}
      centered
      closeOnClickOutside={false}
      closeOnEscape={!running}
      scrollAreaComponent={ScrollArea.Autosize}
    >
      <Modal.Overlay backgroundOpacity={0.45} blur={2} />
      <Modal.Content aria-label={plan?.title ?? 'Plan'}>
        <Modal.Body>
          {plan !== null && (
            <div
              className="environment-band"
              style={{ background: environmentColour(plan.host.environment), height: 4 }}
            />
          )}
          {stage === 'planning' && (
            <Group p="xl" gap="sm">
              <Loader size="sm" />
              <Text size="sm">Reading what is there to plan this…</Text>
            </Group>
          )}
          {plan === null && stage === 'failed' && error !== null && (
            <Stack p="lg">
              <ErrorNotice error={error} note="No plan was made, and nothing was changed." />
              <Group justify="flex-end">
                <Button variant="default" onClick={closePlan}>
                  Close
                </Button>
                <Button onClick={replan}>Plan again</Button>
              </Group>
            </Stack>
          )}
          {plan !== null && <PlanBody key={plan.id} plan={plan} />}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function PlanBody({ plan }: { plan: Plan }) {
  const { request, stage, error, result } = usePlanStore();
  const sequence = sequenceOf(request);
  return (
    <div>
      <Stack gap={6} px="lg" pt="md" pb="sm" style={{ borderBottom: '1px solid var(--hf-border)' }}>
        <Group justify="space-between" wrap="nowrap">
          <Title order={2}>{plan.title}</Title>
          <Badge color={riskColours[plan.risk]} variant="light" radius="sm" tt="none">
            {riskWords[plan.risk]}
          </Badge>
        </Group>
        <Group gap={8}>
          <Text size="sm" className="mono" fw={600} style={{ overflowWrap: 'anywhere' }}>
            {plan.target.name}
          </Text>
          <Text size="sm" c="dimmed">
            on
          </Text>
          <Text size="sm" fw={600}>
            {plan.host.name}
          </Text>
          <Text size="sm" c="dimmed" className="mono">
            {plan.host.address}
          </Text>
          <EnvironmentBadge environment={plan.host.environment} />
        </Group>
        {plan.change !== undefined && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {sequence === null ? 'A staged change' : `Staged change ${sequence.at + 1} of ${sequence.count}`},
            from {formatMoment(plan.change.stagedAtMs)}
            {plan.change.note === '' ? '' : `: ${plan.change.note}`}
          </Text>
        )}
      </Stack>
      <Stack gap="lg" px="lg" py="md">
        {plan.blockers.length > 0 && <Blockers plan={plan} />}
        {plan.consequences.length > 0 && <Consequences consequences={plan.consequences} />}
        <PlanCommands plan={plan} />
        {stage === 'shown' && plan.steps.length > 1 && <AfterFailure />}
        <Group gap={8} wrap="nowrap" align="flex-start">
          <IconArrowBackUp size={16} style={{ flex: 'none', marginTop: 2 }} aria-hidden />
          <Text size="sm">
            <Text span fw={600}>
              Undo:{' '}
            </Text>
            {plan.undo ?? 'this can’t be undone.'}
          </Text>
        </Group>
        {stage === 'running' && <Running plan={plan} />}
        {stage === 'failed' && error !== null && <ErrorNotice error={error} />}
        {stage === 'done' && result !== null && <Outcomes plan={plan} result={result} />}
        {stage === 'staged' && <Staged />}
      </Stack>
      <Footer plan={plan} />
    </div>
  );
}

/** Of several objects: what happens to the others when one fails. */
function AfterFailure() {
  const goOn = usePlanStore(({ request }) => goesOn(request));
  if (goOn === null) return null;
  return (
    <Group gap="sm">
      <Text size="sm" id="after-failure">
        When one fails
      </Text>
      <SegmentedControl
        size="xs"
        aria-labelledby="after-failure"
        data={[
          { value: 'on', label: 'Go on with the others' },
          { value: 'stop', label: 'Stop there' },
        ]}
        value={goOn ? 'on' : 'stop'}
        onChange={(value) => planGoingOn(value === 'on')}
      />
    </Group>
  );
}

function Blockers({ plan }: { plan: Plan }) {
  return (
    <Alert color="red" icon={<IconBan size={18} />} title="This can’t run now" variant="light">
      <Stack gap="xs">
        {plan.blockers.map((blocker, index) => (
          <div key={index}>
            <Text size="sm" fw={500}>
              {blocker.text}
            </Text>
            <Text size="sm" c="dimmed">
              {blocker.remedy}
            </Text>
          </div>
        ))}
      </Stack>
    </Alert>
  );
}

const severityOrder: Record<Consequence['severity'], number> = { loss: 0, warning: 1, info: 2 };
const severityLooks = {
  loss: { icon: IconTrash, colour: 'var(--hf-critical)', word: 'Lost' },
  warning: { icon: IconAlertTriangle, colour: 'var(--hf-warning)', word: 'Mind' },
  info: { icon: IconInfoCircle, colour: 'var(--hf-unknown)', word: 'Note' },
} as const;
const shownItems = 8;

function Consequences({ consequences }: { consequences: readonly Consequence[] }) {
  const ordered = [...consequences].sort((a, b) => severityOrder[a.severity] - severityOrder[b.severity]);
  return (
    <section aria-label="Consequences">
      <Title order={3} mb={8}>
        What this means
      </Title>
      <Stack gap={10}>
        {ordered.map((consequence, index) => (
          <ConsequenceLine key={index} consequence={consequence} />
        ))}
      </Stack>
    </section>
  );
}

function ConsequenceLine({ consequence }: { consequence: Consequence }) {
  const [all, setAll] = useState(false);
  const { icon: Icon, colour, word } = severityLooks[consequence.severity];
  const items = all ? consequence.items : consequence.items.slice(0, shownItems);
  return (
    <div style={{ display: 'grid', gridTemplateColumns: '20px minmax(0, 1fr)', gap: 8 }}>
      <Icon size={17} style={{ color: colour, marginTop: 1 }} aria-label={word} />
      <div>
        <Text size="sm" fw={consequence.severity === 'loss' ? 600 : 400}>
          {consequence.text}
        </Text>
        {items.length > 0 && (
          <div
            className="panel"
            style={{ marginTop: 6, maxHeight: 220, overflow: 'auto' }}
            tabIndex={0}
            role="list"
          >
            {items.map((item) => (
              <Group
                key={item.name}
                role="listitem"
                justify="space-between"
                wrap="nowrap"
                px={10}
                py={4}
                gap="md"
              >
                <Text size="xs" className="mono truncate" title={item.name}>
                  {item.name}
                </Text>
                <Text size="xs" c="dimmed" className="numeric" style={{ flex: 'none' }}>
                  {item.sizeBytes === null ? '' : formatBytes(item.sizeBytes)}
                </Text>
              </Group>
            ))}
          </div>
        )}
        {consequence.items.length > shownItems && (
          <Button variant="subtle" size="compact-xs" mt={4} onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show all ${consequence.items.length}`}
          </Button>
        )}
      </div>
    </div>
  );
}

const phaseWords = {
  confirming: 'Waiting for your answer in the confirmation dialog…',
  recording: 'Writing the audit row…',
  rechecking: 'Checking that nothing has changed since the plan…',
  executing: 'Running…',
  verifying: 'Reading again to verify…',
  finished: 'Finished',
} as const;
const phaseProgress = {
  confirming: 8,
  recording: 22,
  rechecking: 38,
  executing: 60,
  verifying: 85,
  finished: 100,
};

/** Above the footer bar, with its typed names. */
const clearOfFooter = { scrollMarginTop: 16, scrollMarginBottom: 150 };

/** A long plan leaves what happens now below the fold. */
const showProgress = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' });
const showOutcome = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'start' });

function Running({ plan }: { plan: Plan }) {
  const { phase, output, stepIndex } = usePlanStore();
  const now = phase ?? 'confirming';
  return (
    <Stack gap={8} aria-live="polite" ref={showProgress} style={clearOfFooter}>
      <Group gap="xs">
        <Loader size={14} />
        <Text size="sm">
          {phaseWords[now]}
          {now === 'executing' &&
            plan.steps.length > 1 &&
            stepIndex !== null &&
            ` Step ${stepIndex + 1} of ${plan.steps.length}.`}
        </Text>
      </Group>
      <Progress value={phaseProgress[now]} size={4} aria-label="Progress of the operation" />
      {output !== '' && (
        <pre className="command" style={{ margin: 0, maxHeight: 200 }}>
          {output}
        </pre>
      )}
    </Stack>
  );
}

const outcomeLooks: Record<Outcome, { colour: string; icon: typeof IconCheck }> = {
  ok: { colour: 'teal', icon: IconCheck },
  warning: { colour: 'orange', icon: IconAlertTriangle },
  failed: { colour: 'red', icon: IconCircleX },
  cancelled: { colour: 'gray', icon: IconBan },
  refused: { colour: 'orange', icon: IconBan },
  unknown: { colour: 'violet', icon: IconQuestionMark },
};

function Outcomes({ plan, result }: { plan: Plan; result: OperationResult }) {
  const { colour, icon: Icon } = outcomeLooks[result.outcome];
  const said = result.steps
    .flatMap((step) => [step.stdout, step.stderr])
    .filter((text) => text.trim() !== '');
  const hidden = result.steps.some(({ confidential }) => confidential === true);
  const [asked, setAsked] = useState(false);
  const figures = `${formatElapsed(result.durationMs)} · recorded in the audit`;
  return (
    <Stack gap="sm" ref={showOutcome} style={clearOfFooter}>
      {result.error?.message === result.message ? (
        // One notice: the error says all that the outcome would say again.
        <ErrorNotice error={result.error} note={`${outcomeWords[result.outcome]} · ${figures}`} />
      ) : (
        <>
          <Alert color={colour} icon={<Icon size={18} />} title={outcomeWords[result.outcome]} role="status">
            <Text size="sm">{result.message}</Text>
            {result.verification.status !== 'skipped' &&
              !result.message.includes(result.verification.text) && (
                <Text size="sm" mt={4}>
                  {result.verification.text}
                </Text>
              )}
            <Text size="xs" c="dimmed" mt={6} className="numeric">
              {figures}
            </Text>
          </Alert>
          {result.error !== null && <ErrorNotice error={result.error} />}
        </>
      )}
      {plan.steps.length > 1 && <StepResults plan={plan} result={result} />}
      {hidden && !asked && said.length > 0 && (
        <Group gap="sm">
          <Button variant="default" size="compact-sm" onClick={() => setAsked(true)}>
            Show what came back
          </Button>
          <Text size="xs" c="dimmed">
            It is not recorded, and gone when this is closed.
          </Text>
        </Group>
      )}
      {hidden && said.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing came back.
        </Text>
      )}
      {said.length > 0 && (!hidden || asked) && (
        <pre
          className="command"
          aria-label={hidden ? 'What came back' : undefined}
          tabIndex={0}
          style={{ margin: 0, maxHeight: hidden ? 360 : 200 }}
        >
          {said.join('\n')}
        </pre>
      )}
    </Stack>
  );
}

const stepLooks = {
  done: { colour: 'var(--hf-ok)', icon: IconCheck, word: 'done' },
  failed: { colour: 'var(--hf-critical)', icon: IconCircleX, word: 'failed' },
  'not-run': { colour: 'var(--hf-unknown)', icon: IconBan, word: 'not run' },
  unknown: { colour: 'var(--hf-warning)', icon: IconQuestionMark, word: 'no answer' },
} as const;

/** The steps of the plan, and what was taken back of them. */
function resultLines(plan: Plan, result: OperationResult): { title: string; outcome?: StepResult }[] {
  const cleanUp = (plan.cleanUp ?? []).map(({ step }, index) => ({
    title: `Take back: ${step.title}`,
    outcome: result.cleanUp?.[index],
  }));
  return [
    ...plan.steps.map(({ title }, index) => ({ title, outcome: result.steps[index] })),
    ...cleanUp.filter(({ outcome }) => outcome !== undefined && outcome.status !== 'not-run'),
  ];
}

/** One line per step: what was done, what was not. */
function StepResults({ plan, result }: { plan: Plan; result: OperationResult }) {
  return (
    <div
      className="panel"
      role="list"
      aria-label="Result of each step"
      tabIndex={0}
      style={{ maxHeight: 220, overflow: 'auto' }}
    >
      {resultLines(plan, result).map(({ title, outcome }, index) => {
        const { colour, icon: Icon, word } = stepLooks[outcome?.status ?? 'not-run'];
        return (
          <Group key={index} role="listitem" wrap="nowrap" gap={8} px={10} py={4}>
            <Icon size={14} style={{ color: colour, flex: 'none' }} aria-hidden />
            <Text size="xs" className="truncate" style={{ flex: 1 }} title={title}>
              {title}
            </Text>
            {outcome !== undefined && outcome.status !== 'not-run' && (
              <Text size="xs" c="dimmed" className="numeric" style={{ flex: 'none' }}>
                {formatElapsed(outcome.durationMs)}
              </Text>
            )}
            <Text size="xs" style={{ color: colour, flex: 'none' }}>
              {word}
              {outcome?.status === 'failed' && ` (exit code ${outcome.exitCode})`}
              {outcome?.tries !== undefined && `, ${outcome.tries} tries`}
            </Text>
          </Group>
        );
      })}
    </div>
  );
}

function Staged() {
  return (
    <Alert
      color="blue"
      icon={<IconInbox size={18} />}
      title="Staged for later"
      role="status"
      ref={showOutcome}
      style={clearOfFooter}
    >
      <Text size="sm">
        Nothing was sent. It waits on the screen Changes; when you apply it, it is planned anew and you
        confirm that plan.
      </Text>
    </Alert>
  );
}

/** Some of it was not done, and of all of it we know whether it was. */
function isLeftUndone(result: OperationResult | null): boolean {
  return (
    (result?.outcome === 'failed' || result?.outcome === 'cancelled') &&
    result.steps.every(({ status }) => status !== 'unknown') &&
    result.steps.some(({ status }) => status !== 'done')
  );
}

function Footer({ plan }: { plan: Plan }) {
  const { stage, error, request, result } = usePlanStore();
  const [typedTarget, setTypedTarget] = useState('');
  const [typedHost, setTypedHost] = useState('');
  const [staging, setStaging] = useState(false);
  const [, go] = useLocation();
  const sequence = sequenceOf(request);
  const now = useNow();
  const expiresInSeconds = Math.floor((plan.expiresAtMs - now) / 1000);
  const expired = expiresInSeconds <= 0;
  const actions = useAppStore((state) => state.actions);
  const stageFirst = useAppStore((state) => state.settings?.stageFirst === true);
  // The core refuses it as well; this spares a person the typing.
  const mustStage = stageFirst && plan.change === undefined && actions.get(plan.action)?.stageFirst === true;
  const targetOk = plan.typed.target === null || typedTarget === plan.typed.target;
  const hostOk = plan.typed.host === null || typedHost === plan.typed.host;
  const excuse =
    sequence !== null && plan.risk === 'catastrophic'
      ? 'It is catastrophic by now, so it is applied by itself, not in a sequence.'
      : expired
        ? 'This plan is too old to run.'
        : targetOk && hostOk
          ? null
          : 'Type the names first.';

  if (stage === 'running') {
    return (
      <FooterBar>
        <Button variant="default" onClick={() => void cancelRun()}>
          Stop
        </Button>
      </FooterBar>
    );
  }
  if (stage === 'staged') {
    return (
      <FooterBar>
        <Button
          variant="default"
          onClick={() => {
            // What the plan was opened from would stand before them.
            closePanel();
            closeGuest();
            closePlan();
            go('/changes');
          }}
        >
          Show the changes
        </Button>
        <Button onClick={closePlan} data-autofocus>
          Close
        </Button>
      </FooterBar>
    );
  }
  if (stage === 'done' || stage === 'failed') {
    const well = stage === 'done' && (result?.outcome === 'ok' || result?.outcome === 'warning');
    const left = sequence === null ? 0 : sequence.count - sequence.at - 1;
    return (
      <FooterBar
        left={
          left > 0 && !well ? (
            <Text size="sm" role="status">
              The sequence stops here. {left === 1 ? '1 change' : `${left} changes`} after this one{' '}
              {left === 1 ? 'was' : 'were'} not begun and still wait{left === 1 ? 's' : ''}.
            </Text>
          ) : undefined
        }
      >
        {/* Nothing here invites to do again what may have been done. */}
        {stage === 'failed' && error?.code !== 'outcome-unknown' && (
          <Button variant="default" onClick={replan}>
            Plan again
          </Button>
        )}
        {stage === 'done' && goesOn(request) !== null && isLeftUndone(result) && (
          <Button variant="default" onClick={replan}>
            Plan what is left
          </Button>
        )}
        <Button variant={well && left > 0 ? 'default' : undefined} onClick={closePlan} data-autofocus>
          Close
        </Button>
        {well && sequence !== null && sequence.next !== null && (
          <Button onClick={sequence.next}>
            Plan the next ({sequence.at + 2} of {sequence.count})
          </Button>
        )}
      </FooterBar>
    );
  }
  if (staging) return <StageForm onBack={() => setStaging(false)} />;
  return (
    <FooterBar
      left={
        plan.blockers.length === 0 && mustStage ? (
          <Text size="sm" maw={420}>
            The settings say that this is staged first. It then runs from Changes, planned anew.
          </Text>
        ) : plan.blockers.length === 0 && (plan.typed.target !== null || plan.typed.host !== null) ? (
          <Stack gap={8} style={{ flex: 1 }}>
            {plan.typed.target !== null && (
              <TypedName
                label="Type the name of the target"
                expected={plan.typed.target}
                value={typedTarget}
                onChange={setTypedTarget}
              />
            )}
            {plan.typed.host !== null && (
              <TypedName
                label={`Type the name of the ${plan.host.kind}`}
                expected={plan.typed.host}
                value={typedHost}
                onChange={setTypedHost}
              />
            )}
          </Stack>
        ) : undefined
      }
    >
      <Text size="xs" c="dimmed" className="numeric">
        {expired ? 'Plan expired' : `Plan valid for ${formatDuration(expiresInSeconds)}`}
      </Text>
      <Button variant="default" onClick={closePlan}>
        Cancel
      </Button>
      {plan.change === undefined && (
        <ActionButton
          variant={mustStage ? undefined : 'default'}
          excuse={plan.onlyNow ?? (expired ? 'This plan is too old.' : null)}
          onClick={() => setStaging(true)}
        >
          Stage for later…
        </ActionButton>
      )}
      {plan.blockers.length > 0 || expired ? (
        <Button onClick={replan}>Plan again</Button>
      ) : mustStage ? null : (
        <Button
          color={plan.risk === 'safe' ? undefined : 'red'}
          disabled={excuse !== null}
          title={excuse ?? undefined}
          onClick={() =>
            void runPlan(
              plan.typed.target === null ? null : typedTarget,
              plan.typed.host === null ? null : typedHost,
            )
          }
        >
          Continue to confirmation
        </Button>
      )}
    </FooterBar>
  );
}

const takeFocus = (element: HTMLElement | null) => element?.focus();

/** The same bound as in the contract. */
const mostNoteCharacters = 2000;

/** In place of the ways on: what the one who applies it should know. */
function StageForm({ onBack }: { onBack: () => void }) {
  const [note, setNote] = useState('');
  const [error, setError] = useState<WireError | null>(null);
  const [busy, setBusy] = useState(false);
  const stage = async () => {
    setBusy(true);
    setError(await stagePlan(note));
    setBusy(false);
  };
  return (
    <FooterBar
      left={
        <Stack gap={8}>
          {error !== null && <ErrorNotice error={error} note="It was not staged." />}
          <Textarea
            label="Note"
            description="Kept with the change, for whoever applies it. No secrets."
            rows={2}
            maxLength={mostNoteCharacters}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            ref={takeFocus}
          />
        </Stack>
      }
    >
      <Button variant="default" onClick={onBack}>
        Back
      </Button>
      <Button loading={busy} onClick={() => void stage()}>
        Stage this change
      </Button>
    </FooterBar>
  );
}

function FooterBar({ left, children }: { left?: React.ReactNode; children: React.ReactNode }) {
  return (
    <div
      style={{
        position: 'sticky',
        bottom: 0,
        // Controls of the plan have layers of their own, which would pass in front.
        zIndex: 2,
        padding: '12px 20px',
        background: 'var(--hf-raised)',
        borderTop: '1px solid var(--hf-border)',
      }}
    >
      {left !== undefined && <div style={{ marginBottom: 12 }}>{left}</div>}
      <Group justify="flex-end" gap="sm">
        {children}
      </Group>
    </div>
  );
}

function TypedName({
  label,
  expected,
  value,
  onChange,
}: {
  label: string;
  expected: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const matches = value === expected;
  return (
    <TextInput
      label={
        <>
          {label}: <span className="mono">{expected}</span>
        </>
      }
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        // Enter must never carry a person past a destructive step by habit.
        if (event.key === 'Enter') event.preventDefault();
      }}
      autoComplete="off"
      spellCheck={false}
      classNames={{ input: 'mono' }}
      rightSection={matches ? <IconCheck size={16} color="var(--hf-ok)" aria-label="Matches" /> : undefined}
      error={value !== '' && !expected.startsWith(value) ? 'Does not match' : undefined}
    />
  );
}
