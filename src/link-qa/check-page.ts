import { finding, type Finding } from './finding.js';
import { lastHop, type Hop, type Walk } from './walk.js';

const NOT_FOUND =
  /\b404\b|\b(page|product|site)\b.{0,30}\b(not (be )?found|doesn.?t exist|does not exist|no longer (available|exists))|^not found|seite.{0,30}nicht gefunden|nicht gefunden$|page (introuvable|non trouv)|p[aá]gina no encontrada|pagina (non trovata|niet gevonden)/i;
const ROBOT_CHECK =
  /just a moment|attention required|access denied|captcha|are you (a )?(human|robot)|verify you are|bot verification/i;
const LOGIN_PATH = /\/(login|log-in|signin|sign-in|anmelden|connexion|password)(\/|\.|$)/i;
/** Paths that are ways on by themselves: they may well end on the front page. */
const WAYS = /^\/(l|r|c|e|go|click|link|discount|cart|checkout|out)\//i;

/** Whether what a link ends with is what a reader came for. */
export function checkPage(walk: Walk): Finding[] {
  const hop = lastHop(walk);
  if (walk.end.kind !== 'answered' || !hop || hop.status === null) return [];
  const wall = wallAt(walk, hop);
  if (wall) return [wall];
  const where = hop.url;
  if (hop.status < 200 || hop.status >= 300) {
    return [finding('not-2xx', `The link ends with status ${hop.status}.`, { where })];
  }
  return [...softNotFound(walk, hop), ...scriptRedirect(walk, hop), ...unfinished(walk, hop)];
}

function wallAt({ hops, page }: Walk, hop: Hop): Finding | undefined {
  const where = hop.url;
  if (hop.status === 401 || hop.status === 407) {
    return finding('login-wall', `The page asks for an account (status ${hop.status}).`, { where });
  }
  const isRobotCheck = hop.headers['cf-mitigated'] !== undefined || ROBOT_CHECK.test(page?.title ?? '');
  if (isRobotCheck || hop.status === 403 || hop.status === 429) {
    return finding('robot-wall', `The host turned the checker away (status ${hop.status}); people may be let in.`, {
      where,
    });
  }
  const isSentToLogin = LOGIN_PATH.test(new URL(hop.url).pathname) && !LOGIN_PATH.test(new URL(hops[0]!.url).pathname);
  if (!isSentToLogin || hop.status! >= 300) return undefined;
  return finding('login-wall', 'Readers are sent to a page that asks for an account or a password.', { where });
}

function softNotFound({ hops, page }: Walk, hop: Hop): Finding[] {
  const where = hop.url;
  const says = [page?.title ?? '', page?.heading ?? ''].find((text) => NOT_FOUND.test(text));
  if (says !== undefined) return [finding('soft-404', `The page answers with 2xx and says "${says}".`, { where })];
  const { pathname, host } = new URL(hop.url);
  const gone = hops.find((one) => {
    const from = new URL(one.url);
    return from.host === host && from.pathname.split('/').filter(Boolean).length > 1 && !WAYS.test(from.pathname);
  });
  if (pathname !== '/' || !gone) return [];
  return [finding('went-home', 'A page within the shop leads to the front page.', { where: gone.url })];
}

function scriptRedirect({ page }: Walk, hop: Hop): Finding[] {
  if (page === null || page.scriptRedirect === null) return [];
  const to = page.scriptRedirect === '' ? 'elsewhere' : `to ${page.scriptRedirect}`;
  return [
    finding('script-redirect', `The page holds little but a script that leads ${to}; it was not followed.`, {
      where: hop.url,
    }),
  ];
}

function unfinished({ page }: Walk, hop: Hop): Finding[] {
  if (page === null || page.isWhole) return [];
  return [finding('page-unfinished', 'The page did not come to its end in time.', { where: hop.url })];
}
