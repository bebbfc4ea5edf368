import { Button } from '@mantine/core';
import { useState } from 'react';
import type { StatefulObject } from '../../../src-preload/contract/history';
import { ObjectHistory } from './ObjectHistory';

/** What happened to a pool, volume or node by that name. Read only when somebody asks: a page may hold many of them. */
export function AskedHistory({
  hostId,
  name,
  stateful,
}: {
  hostId: string;
  name: string;
  stateful: StatefulObject;
}) {
  const [asked, setAsked] = useState(false);
  return (
    <section aria-label={`What happened to ${name}`} style={{ marginTop: 12 }}>
      <Button
        variant="subtle"
        size="compact-sm"
        aria-expanded={asked}
        onClick={() => setAsked(!asked)}
        mb={asked ? 8 : 0}
      >
        What happened here?
      </Button>
      {asked && <ObjectHistory hostId={hostId} object={{ kind: 'named', name }} stateful={stateful} />}
    </section>
  );
}
