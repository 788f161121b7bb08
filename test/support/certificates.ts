import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface ServerCertificate {
  key: string;
  cert: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

x509.cryptoProvider.set(webcrypto as never);

/** A certificate authority of a test's own: whoever trusts it trusts what it issues, and nobody else does. */
export class TestAuthority {
  private constructor(
    private readonly keys: webcrypto.CryptoKeyPair,
    private readonly own: x509.X509Certificate,
  ) {}

  static async make(): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const own = await x509.X509CertificateGenerator.createSelfSigned({
      ...{ serialNumber: '01', name: 'CN=Test authority,O=Tests', keys, signingAlgorithm: ALGORITHM },
      ...validity(365),
      extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
    });
    return new TestAuthority(keys, own);
  }

  get pem(): string {
    return this.own.toString('pem');
  }

  /** For these names, until so many days from now; fewer than none: it has ended. */
  async issue(names: readonly string[], days = 90): Promise<ServerCertificate> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      ...{ serialNumber: '02', subject: `CN=${names[0]}`, issuer: this.own.subject, signingAlgorithm: ALGORITHM },
      ...{ publicKey: keys.publicKey, signingKey: this.keys.privateKey },
      ...validity(days),
      extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
    });
    const exported = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { key: x509.PemConverter.encode(exported, 'PRIVATE KEY'), cert: certificate.toString('pem') };
  }
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 400 * DAY_MS), notAfter: new Date(now + days * DAY_MS) };
}
