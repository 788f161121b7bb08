import { randomBytes } from 'node:crypto';
import { isSecretsKey, SecretBox, SecretsUnreadable } from './secret-box.js';

const [ONE, TWO] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

describe('a secret that is kept', () => {
  const box = new SecretBox([ONE]);

  it('is read again for what it belongs to, and for nothing else', () => {
    const sealed = box.seal('ключ 🔑', 'destination:crm');
    expect(box.open(sealed, 'destination:crm')).toBe('ключ 🔑');
    expect(() => box.open(sealed, 'destination:erp')).toThrow(SecretsUnreadable);
  });

  it('shows nothing, and is never written twice alike', () => {
    const [first, second] = [box.seal('hunter2', 'x'), box.seal('hunter2', 'x')];
    expect(first.toString('latin1')).not.toContain('hunter2');
    expect(first.subarray(4).equals(second.subarray(4))).toBe(false);
  });

  it('can not be changed, not a bit of it, nor cut short', () => {
    const sealed = box.seal('hunter2', 'x');
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index]! ^= 1;
      expect(() => box.open(changed, 'x')).toThrow(SecretsUnreadable);
    }
    for (const length of [0, 4, 16, 31, sealed.length - 1]) {
      expect(() => box.open(sealed.subarray(0, length), 'x')).toThrow(SecretsUnreadable);
    }
  });

  it('is read by the key before while keys change, and written by the new one', () => {
    const old = box.seal('hunter2', 'x');
    const changing = new SecretBox([TWO, ONE]);
    expect([changing.open(old, 'x'), changing.isNewest(old)]).toEqual(['hunter2', false]);
    const anew = changing.seal('hunter2', 'x');
    expect(changing.isNewest(anew)).toBe(true);
    expect(new SecretBox([TWO]).open(anew, 'x')).toBe('hunter2');
    expect(() => new SecretBox([TWO]).open(old, 'x')).toThrow(/lacks the key [0-9a-f]{8}/);
  });

  it('is not kept without a key', () => {
    expect(new SecretBox([]).isUsable).toBe(false);
    expect(() => new SecretBox([]).seal('hunter2', 'x')).toThrow('SECRETS_KEYS is not set');
  });
});

describe('a key of secrets', () => {
  it('is 32 bytes in base64', () => {
    expect(isSecretsKey(ONE)).toBe(true);
    expect(isSecretsKey(randomBytes(32).toString('base64url'))).toBe(true);
    for (const text of ['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')]) {
      expect(isSecretsKey(text)).toBe(false);
    }
  });
});
