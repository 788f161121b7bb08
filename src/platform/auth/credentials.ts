const BEARER = /^Bearer +([^\s,]+)$/i;
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

/** The key that a client sends as a token. */
export function tokenIn(authorization: string): string | undefined {
  return BEARER.exec(authorization)?.[1];
}

/** The key of whoever can't send a token, such as a sender of events: it is the user name, and the password is blank. */
export function userNameIn(authorization: string): string | undefined {
  const basic = BASIC.exec(authorization)?.[1];
  return basic && /^([^:]+):$/.exec(Buffer.from(basic, 'base64').toString())?.[1];
}

/** The key, however it is sent. */
export function keyIn(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : (tokenIn(authorization) ?? userNameIn(authorization));
}
