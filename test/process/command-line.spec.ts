import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

describe('the command line', () => {
  it('ends in peace where nobody reads on, as behind "| head"', async () => {
    const program = fileURLToPath(new URL('../../scripts/turnout.js', import.meta.url));
    const child = spawn(process.execPath, [program, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    expect([code, said]).toEqual([0, '']);
  });
});
