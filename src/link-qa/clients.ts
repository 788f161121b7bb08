/** A program in which people open links, told apart by servers by what it sends. */
export interface Client {
  key: string;
  name: string;
  isMobile: boolean;
  userAgent: string;
}

/** Said at the end of each: whoever counts visits can leave these out. */
export const CHECKER_TOKEN = 'TurnoutLinkCheck/1.0';

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const ANDROID = 'Mozilla/5.0 (Linux; Android 15; Pixel 8 Build/AP4A; wv) AppleWebKit/537.36 (KHTML, like Gecko)';

/** The one list. A further client is a further entry. */
export const CLIENTS: readonly Client[] = [
  {
    key: 'desktop',
    name: 'desktop browser',
    isMobile: false,
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  },
  {
    key: 'ios-mail',
    name: 'iOS Mail, opened in Safari',
    isMobile: true,
    userAgent: `${IPHONE} Version/18.6 Mobile/15E148 Safari/604.1`,
  },
  {
    key: 'gmail-app',
    name: 'Gmail app on Android',
    isMobile: true,
    userAgent: `${ANDROID} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 GSA/16.30`,
  },
  {
    key: 'instagram',
    name: 'in-app browser of Instagram',
    isMobile: true,
    userAgent: `${IPHONE} Mobile/15E148 Instagram 395.0.0.30.96 (iPhone15,2; iOS 18_6; en_US; scale=3.00; 1179x2556)`,
  },
  {
    key: 'facebook',
    name: 'in-app browser of Facebook',
    isMobile: true,
    userAgent: `${ANDROID} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.48.74;]`,
  },
];

/** What a client sends with a request for a page. */
export function headersOf({ userAgent }: Client): Record<string, string> {
  return {
    'user-agent': `${userAgent} ${CHECKER_TOKEN}`,
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'accept-language': 'en',
    'accept-encoding': 'identity',
  };
}
