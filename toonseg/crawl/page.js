// Reads what an episode's page shows, once its scripts have come to rest.
// arguments: what the site's file wants, and the function that takes what was read.
const [wants, done] = arguments;
const QUIET_MS = 250;
const LOOK_MS = 50;

const visit = performance.getEntriesByType('navigation')[0];
const status = visit ? visit.responseStatus : 0;
const isFailed = location.protocol === 'chrome-error:' || (status && status !== 200);

// The largest of a srcset: `small.jpg 1x, large.jpg 2x`, or with widths. An address may hold commas itself.
const largest = set => [...set.matchAll(/(\S*[^,\s])(?:\s+([\d.]+)[wx])?\s*(?:,|$)/g)]
  .reduce((best, [, address, size = 1]) => (Number(size) > best.size ? {address, size: Number(size)} : best),
    {address: '', size: 0}).address;

// Some sites escape an address twice, and what is left of `&#39;` would cut it off at its #.
const unescaped = text => text.replace(/&#(\d{1,5});/g, (_, code) => String.fromCodePoint(code));

// The address of an image; null while it names none, or only a placeholder.
const addressOf = image => {
  for (const attribute of wants.attributes) {
    const text = (image.getAttribute(attribute) || '').trim();
    const value = unescaped(attribute.endsWith('srcset') ? largest(text) : text);
    const isStandIn = value.startsWith('data:') || wants.placeholders.some(part => value.includes(part));
    if (!value || isStandIn) continue;
    return URL.canParse(value, document.baseURI) ? new URL(value, document.baseURI).href : value;
  }
  return null;
};

const textOf = heading => heading.getAttribute('content') || heading.textContent; // a meta element has that

const link = selector => {
  const found = document.querySelector(selector);
  return found && found.href ? found.href : null;
};

const closed = () => Object.keys(wants.markers).find(
  kind => wants.markers[kind].some(selector => document.querySelector(selector))) || null;

const read = () => {
  const heading = document.querySelector(wants.title);
  return {
    status,
    address: location.href,
    title: heading ? textOf(heading).replace(/\s+/g, ' ').trim() : '',
    addresses: [...document.querySelectorAll(wants.images)].map(addressOf),
    previous: link(wants.previous),
    next: link(wants.next),
    closed: closed(),
  };
};

const isWhole = shown => shown.title && shown.addresses.length >= wants.least_pages
  && !shown.addresses.includes(null);
const isAtEnd = () => !wants.scroll || scrollY + innerHeight >= document.documentElement.scrollHeight - 2;

// Scroll down once, then to each image that was passed too fast for its script, until it has an address.
let wasAtEnd = false;
const scrollOn = missing => {
  wasAtEnd ||= isAtEnd();
  if (wasAtEnd && missing >= 0) document.querySelectorAll(wants.images)[missing].scrollIntoView();
  else if (!isAtEnd()) scrollBy({top: innerHeight * 0.9, behavior: 'instant'});
};

const begun = performance.now();
let loaded = null;
let changed = begun;
let before = '';
const look = () => {
  const shown = read();
  const now = performance.now();
  if (isFailed) return done(shown);
  if (!window.toonsegLeft && document.readyState === 'complete') loaded = loaded || now;
  if (loaded === null && now - begun >= wants.timeout_s * 1000) {
    return done({...shown, fault: `did not load in ${wants.timeout_s} s`});
  }
  const text = JSON.stringify(shown);
  if (text !== before) [before, changed] = [text, now];
  const isEnough = shown.closed || isWhole(shown);
  const isQuiet = loaded !== null && now - changed >= QUIET_MS && isAtEnd();
  if (isQuiet && isEnough) return done(shown);
  if (loaded !== null && now - loaded >= wants.patience_s * 1000) {
    return done({...shown, fault: isEnough ? `still changes after ${wants.patience_s} s` : ''});
  }
  if (wants.scroll) scrollOn(shown.addresses.indexOf(null));
  setTimeout(look, LOOK_MS);
};
look();
