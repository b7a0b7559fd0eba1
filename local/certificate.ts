/** A certificate authority of one server: what its clients trust, and the certificate with which it answers for itself. */

export interface ServerCertificate {
  /** PEM. Clients trust it and nothing else. */
  readonly authority: string;
  /** PEM, for localhost and 127.0.0.1. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

const YEARS = 10;

/** Makes both anew; the authority's own key is forgotten at once, so that nobody can issue another. */
export async function makeServerCertificate(): Promise<ServerCertificate> {
  // Loaded here: it takes longer than everything else about an ordinary start, and is needed on the first one only.
  const { generate } = await import("selfsigned");
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + YEARS);
  const common = { keyType: "ec", algorithm: "sha256", notAfterDate } as const;
  const authority = await generate([{ name: "commonName", value: "Tributary, local PostgreSQL" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: "commonName", value: "localhost" }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { authority: authority.cert, certificate: server.cert, privateKey: server.private };
}
