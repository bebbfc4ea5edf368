import { Button, Collapse, Group, Stack, Text, Title } from '@mantine/core';
import { IconDeviceFloppy, IconScript } from '@tabler/icons-react';
import { useState } from 'react';
import type { Plan, PlanStep } from '../../src-preload/contract/operations';
import { call } from '../api';
import { CopyButton, copyText } from './CopyButton';

/** Longer plans are explained on demand: their steps repeat themselves. */
const explainedSteps = 3;

/** What is sent, word for word, what each command does and why, and the way to run it by hand. */
export function PlanCommands({ plan }: { plan: Plan }) {
  const several = plan.steps.length > 1;
  const what = sentWord(plan);
  const [explained, setExplained] = useState(plan.steps.length <= explainedSteps);
  if (plan.steps.length === 0) return null;
  return (
    <section aria-label="Commands">
      <Group justify="space-between" mb={8}>
        <Title order={3}>{several ? `The ${what}s, exactly as sent` : `The ${what}, exactly as sent`}</Title>
        <Group gap={4}>
          <Button
            variant="subtle"
            size="compact-xs"
            aria-expanded={explained}
            onClick={() => setExplained(!explained)}
          >
            Explain
          </Button>
          <CopyButton
            value={plan.steps.map((step) => step.commandLine).join('\n')}
            label="Copy all commands"
          />
        </Group>
      </Group>
      <Stack component="ol" gap={10} m={0} p={0} style={{ listStyle: 'none' }}>
        {plan.steps.map((step, index) => (
          <li key={index}>
            {several && (
              <Text size="xs" fw={600} mb={3}>
                {index + 1}. {step.title}
              </Text>
            )}
            <SentLine step={step} />
            <Collapse expanded={explained}>
              <Text size="xs" c="dimmed" mt={4}>
                {step.explain}
                {step.kind === 'pve' && ` It takes ${step.needs}.`}
              </Text>
            </Collapse>
          </li>
        ))}
      </Stack>
      <CleanUp plan={plan} />
      <AsScript planId={plan.id} />
    </section>
  );
}

function sentWord({ host, steps }: Plan): 'command' | 'change' | 'request' {
  if (host.kind === 'cluster') return 'request';
  return steps.every(({ kind }) => kind === 'sftp') ? 'change' : 'command';
}

/** A command with all that goes with it. */
function SentLine({ step }: { step: PlanStep }) {
  const { stdin, retry } = step.kind === 'ssh' ? step : {};
  const content = step.kind === 'sftp' ? step.content : undefined;
  return (
    <>
      <code className="command">{step.commandLine}</code>
      {stdin !== undefined && (
        <Group gap={6} mt={3} wrap="nowrap" align="flex-start">
          <Text size="xs" c="dimmed" style={{ flex: 'none' }}>
            its input:
          </Text>
          <Text size="xs" className="mono" style={{ overflowWrap: 'anywhere' }}>
            {stdin}
          </Text>
        </Group>
      )}
      {content !== undefined && (
        <>
          <Text size="xs" c="dimmed" mt={3}>
            its content:
          </Text>
          <pre className="command" style={{ margin: 0, maxHeight: 160, overflow: 'auto' }} tabIndex={0}>
            {content}
          </pre>
        </>
      )}
      {retry !== undefined && (
        <Text size="xs" c="dimmed" mt={3}>
          Up to {retry.tries} times, {retry.waitMs} ms apart, while it says “{retry.stderrHas.join(' … ')}”.
        </Text>
      )}
    </>
  );
}

/** What would run when the plan does not come to its end. */
function CleanUp({ plan }: { plan: Plan }) {
  const cleanUp = plan.cleanUp ?? [];
  if (cleanUp.length === 0) return null;
  return (
    <div role="group" aria-label="Clean-up">
      <Text size="xs" fw={600} mt={12} mb={4}>
        When one fails or you stop it, what was made so far is taken back, in this order:
      </Text>
      <Stack component="ol" gap={6} m={0} p={0} style={{ listStyle: 'none' }}>
        {cleanUp.map(({ of, step }, index) => (
          <li key={index}>
            <Text size="xs" c="dimmed" mb={2}>
              {step.title} (of step {of + 1})
            </Text>
            <SentLine step={step} />
          </li>
        ))}
      </Stack>
    </div>
  );
}

type Said = { ok: boolean; text: string } | null;

/** For those who must run it themselves. */
function AsScript({ planId }: { planId: string }) {
  const [said, setSaid] = useState<Said>(null);
  const copy = async () => {
    const answer = await call('operations:script', { planId });
    if (!answer.ok) return setSaid({ ok: false, text: answer.error.message });
    setSaid(
      (await copyText(answer.value.script))
        ? { ok: true, text: 'Copied. Read it before you run it.' }
        : { ok: false, text: 'It could not be copied. Save it instead.' },
    );
  };
  const save = async () => {
    const answer = await call('operations:saveScript', { planId });
    if (!answer.ok) {
      setSaid({ ok: false, text: [answer.error.message, answer.error.remedy].filter(Boolean).join(' ') });
    } else if (answer.value.saved !== null) {
      setSaid({ ok: true, text: `Saved as ${answer.value.saved.displayPath}` });
    }
  };
  return (
    <Group gap={4} mt={8} wrap="nowrap">
      <Text size="xs" c="dimmed" style={{ flex: 'none' }}>
        To run it by hand:
      </Text>
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconScript size={13} aria-hidden />}
        style={{ flex: 'none' }}
        onClick={() => void copy()}
      >
        Copy as shell script
      </Button>
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconDeviceFloppy size={13} aria-hidden />}
        style={{ flex: 'none' }}
        onClick={() => void save()}
      >
        Save script…
      </Button>
      <Text
        size="xs"
        role="status"
        className="truncate"
        c={said?.ok === false ? 'var(--hf-critical)' : 'dimmed'}
        title={said?.text}
      >
        {said?.text}
      </Text>
    </Group>
  );
}
