import { nameOf } from './guests';
import type { Cluster, Guest } from './types';

/** What the terminal shows, a piece at a time; false: whoever looks at it does not keep up. */
export type Show = (text: string) => boolean;

/** Lines that wait because the other side does not keep up. */
interface Flood {
  next: number;
  last: number;
}

type State = 'user' | 'password' | 'shell';

/** Longer than any line that somebody types. */
const longestLine = 1024;

/** The text terminal of one guest: a login, and a shell that knows a few commands. */
export class Terminal {
  #state: State = 'user';
  #user = '';
  #line = '';
  #columns = 80;
  #rows = 24;
  #flood: Flood | null = null;

  constructor(
    private readonly cluster: Cluster,
    private readonly guest: Guest,
    private readonly show: Show,
  ) {}

  /** As a getty that was there already: it says who it is when a key is pressed, and here at once. */
  start(): void {
    const line = this.guest.type === 'qemu' ? 'ttyS0' : 'tty1';
    this.show(`\r\nDebian GNU/Linux 13 ${nameOf(this.guest)} ${line}\r\n\r\n`);
    this.#prompt();
  }

  resize(columns: number, rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
  }

  type(text: string): void {
    for (const key of text) this.#press(key);
  }

  /** The other side keeps up again. */
  goOn(): void {
    const flood = this.#flood;
    if (flood === null) return;
    while (flood.next <= flood.last) {
      const to = Math.min(flood.last, flood.next + 99);
      let lines = '';
      for (let line = flood.next; line <= to; line += 1) lines += `${line}\r\n`;
      flood.next = to + 1;
      if (!this.show(lines)) return;
    }
    this.#flood = null;
    this.#prompt();
  }

  #prompt(): void {
    if (this.#state === 'user') this.show(`${nameOf(this.guest)} login: `);
    else if (this.#state === 'password') this.show('Password: ');
    else this.show(`${this.#user}@${nameOf(this.guest)}:~${this.#user === 'root' ? '#' : '$'} `);
  }

  #press(key: string): void {
    if (key === '\u0003') {
      this.#line = '';
      this.#flood = null;
      this.show('^C\r\n');
      this.#prompt();
    } else if (key === '\u0004') {
      if (this.#line === '' && this.#state === 'shell') this.#leave();
    } else if (key === '\r' || key === '\n') {
      this.show('\r\n');
      const line = this.#line;
      this.#line = '';
      this.#enter(line);
    } else if (key === '\u007f' || key === '\b') {
      if (this.#line === '') return;
      this.#line = this.#line.slice(0, -1);
      if (this.#state !== 'password') this.show('\b \b');
    } else if (key >= ' ' && this.#line.length < longestLine) {
      this.#line += key;
      if (this.#state !== 'password') this.show(key);
    }
  }

  #enter(line: string): void {
    switch (this.#state) {
      case 'user':
        if (line.trim() !== '') {
          this.#user = line.trim();
          this.#state = 'password';
        }
        break;
      case 'password':
        // Any password but none and this one.
        this.#state = line === '' || line === 'wrong' ? 'user' : 'shell';
        this.show(
          this.#state === 'user'
            ? '\r\nLogin incorrect\r\n'
            : `Linux ${nameOf(this.guest)} 6.12.48+deb13-amd64 #1 SMP x86_64\r\n\r\nLast login: Mon Nov 23 08:14:02 UTC 2026\r\n`,
        );
        break;
      case 'shell':
        if (this.#run(line.trim())) return;
        break;
    }
    this.#prompt();
  }

  #leave(): void {
    this.#state = 'user';
    this.show('logout\r\n\r\n');
    this.#prompt();
  }

  /** True: it shows the prompt itself. */
  #run(line: string): boolean {
    const [command = '', ...words] = line.split(/\s+/);
    const say = (text: string): false => {
      this.show(`${text.replaceAll('\n', '\r\n')}\r\n`);
      return false;
    };
    switch (command) {
      case '':
        return false;
      case 'hostname':
        return say(nameOf(this.guest));
      case 'whoami':
        return say(this.#user);
      case 'echo':
        return say(words.join(' '));
      case 'uname':
        return say(`Linux ${nameOf(this.guest)} 6.12.48+deb13-amd64 x86_64 GNU/Linux`);
      case 'stty':
        return say(`${this.#rows} ${this.#columns}`);
      case 'uptime': {
        const days = Math.floor((this.cluster.nowMs() - this.guest.startedAtMs) / 86_400_000);
        return say(` up ${days} days,  1 user,  load average: 0.12, 0.10, 0.09`);
      }
      case 'ls':
        return say([...this.guest.files.keys()].sort().join('\n'));
      case 'cat': {
        const content = this.guest.files.get(words[0] ?? '');
        return say(content?.trimEnd() ?? `cat: ${words[0] ?? ''}: No such file or directory`);
      }
      case 'seq':
        this.#flood = { next: 1, last: Math.min(1_000_000, Number(words.at(-1) ?? 0) || 0) };
        this.goOn();
        return true;
      case 'exit':
        this.#leave();
        return true;
      default:
        return say(`-bash: ${command}: command not found`);
    }
  }
}
