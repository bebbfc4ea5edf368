import { useEffect, useState } from 'react';
import type { Channel, Request, Response } from '../../src-preload/contract';
import type { WireError } from '../../src-preload/contract/result';
import { call } from '../api';

export type Read<T> =
  { status: 'loading' } | { status: 'ready'; found: T } | { status: 'failed'; error: WireError };

/**
 * Asks once, and again when the question changes, when `on` does, or when a person wants it. What was found stays shown
 * while the same question is asked again; the answer to another question is never shown for it.
 */
export function useRead<C extends Channel>(
  channel: C,
  request: Request<C>,
  on: string | number | null | undefined = null,
): { read: Read<Response<C>>; again: () => void } {
  const question = JSON.stringify(request);
  const [answer, setAnswer] = useState<{ question: string; read: Read<Response<C>> } | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const mine = new AbortController();
    void call(channel, JSON.parse(question) as Request<C>, mine.signal).then((result) => {
      if (mine.signal.aborted) return;
      setAnswer({
        question,
        read: result.ok
          ? { status: 'ready', found: result.value }
          : { status: 'failed', error: result.error },
      });
    });
    return () => mine.abort();
  }, [channel, question, on, turn]);
  return {
    read: answer?.question === question ? answer.read : { status: 'loading' },
    again: () => setTurn((before) => before + 1),
  };
}
