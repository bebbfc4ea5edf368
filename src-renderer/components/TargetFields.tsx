import { Checkbox, Group, Radio, Select, Stack, TextInput } from '@mantine/core';
import type { Host } from '../../src-preload/contract/hosts';
import { environmentColours } from './EnvironmentBadge';

type Field = 'label' | 'colour' | 'production' | 'accessLevel';

const levels = ['view', 'operate', 'administer'] as const satisfies readonly Host['accessLevel'][];

/** What a form asks of every host and cluster: its environment, and what this laptop may do there. */
export function TargetFields({
  kind,
  access,
  most = 'administer',
  input,
}: {
  kind: 'host' | 'cluster';
  /** What the policy of this computer allows at most. */
  most?: Host['accessLevel'] | undefined;
  access: Readonly<Record<Host['accessLevel'], { title: string; text: string }>>;
  input: (field: Field, options?: { type: 'checkbox' }) => object;
}) {
  return (
    <>
      <Group align="flex-end" wrap="nowrap">
        <TextInput label="Environment" style={{ flex: 1 }} maxLength={24} {...input('label')} />
        <Select w={130} label="Colour" data={environmentColours} {...input('colour')} />
        <Checkbox
          pb={9}
          label={`Production: ask for the ${kind}’s name`}
          {...input('production', { type: 'checkbox' })}
        />
      </Group>
      <Radio.Group label="What may this laptop do there?" {...input('accessLevel')}>
        <Stack gap={6} mt={6}>
          {levels.map((level) => (
            <Radio
              key={level}
              value={level}
              label={access[level].title}
              description={
                levels.indexOf(level) <= levels.indexOf(most)
                  ? access[level].text
                  : 'More than the policy of this computer allows here.'
              }
              disabled={levels.indexOf(level) > levels.indexOf(most)}
            />
          ))}
        </Stack>
      </Radio.Group>
    </>
  );
}
