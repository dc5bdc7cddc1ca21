// Reads what an episode's page shows, once its scripts have come to rest.
// arguments: what the site's file wants, and the function that takes what was read.
const [wants, done] = arguments;
const LOOK_MS = 50;
const LEAST_MS = 250; // of one reading
// How long nothing may have changed: scripts wait a little before they act on what the reader does.
const QUIET_MS = wants.scroll || document.scripts.length ? 1000 : LEAST_MS;

const visit = performance.getEntriesByType('navigation')[0];
const status = visit ? visit.responseStatus : 0;
const isFailed = location.protocol === 'chrome-error:' || (status && status !== 200);

// The largest of a srcset: `small.jpg 1x, large.jpg 2x`, or with widths, and heights beside them. An address
// may hold commas itself.
const largest = set => [...set.matchAll(/(\S*[^,\s])((?:\s+[\d.]+[wxh])*)\s*(?:,|$)/g)]
  .map(([, address, sizes]) => ({address, size: Number(sizes.match(/([\d.]+)[wx]/)?.[1] ?? 1)}))
  .reduce((best, next) => (next.size > best.size ? next : best), {address: '', size: 0}).address;

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

// What is remembered from one reading of a page to the next: when it last changed, and where each image was.
const memory = window.toonsegMemory ??= {text: '', changed: 0, isLoaded: false, images: new Map()};

// How many images have left the page together with their elements.
const gone = () => {
  const images = [...document.querySelectorAll(wants.images)];
  for (const image of images) if (addressOf(image)) memory.images.set(addressOf(image), image);
  const shown = new Set(images.map(addressOf));
  return [...memory.images].filter(([address, image]) => !image.isConnected && !shown.has(address)).length;
};

// When a script was last given what it asked for.
const answered = () => Math.max(0, ...performance.getEntriesByType('resource')
  .filter(({initiatorType}) => ['fetch', 'script', 'xmlhttprequest'].includes(initiatorType))
  .map(({responseEnd}) => responseEnd));

// What scrolls: the window, and any box around the images that does.
const boxes = () => {
  const found = new Set([document.scrollingElement || document.documentElement]);
  for (let at = document.querySelector(wants.images); at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) found.add(at);
  }
  return [...found];
};

const scrollDown = box => {
  const before = box.scrollTop;
  box.scrollBy({top: box.clientHeight * 0.9, behavior: 'instant'});
  return box.scrollTop > before;
};

// Scroll down once, then to each image that was passed too fast for its script, until it has an address.
let isAtEnd = !wants.scroll;
let wasAtEnd = false;
const scrollOn = missing => {
  if (wasAtEnd && missing >= 0) return document.querySelectorAll(wants.images)[missing].scrollIntoView();
  isAtEnd = !boxes().map(scrollDown).some(moved => moved);
  wasAtEnd ||= isAtEnd;
  if (!isAtEnd) memory.changed = performance.now();
};

const begun = performance.now();
let loaded = null;
const look = () => {
  const shown = read();
  const now = performance.now();
  if (isFailed) return done(shown);
  if (!window.toonsegLeft && document.readyState === 'complete') loaded = loaded || now;
  if (loaded === null && now - begun >= wants.timeout_s * 1000) {
    return done({...shown, fault: `did not load in ${wants.timeout_s} s`});
  }
  const text = JSON.stringify(shown);
  const isLoaded = loaded !== null;
  if (text !== memory.text || isLoaded !== memory.isLoaded) {
    Object.assign(memory, {text, isLoaded, changed: now});
  }
  const lost = gone();
  const isEnough = shown.closed || isWhole(shown);
  const isAnswered = now - answered() >= QUIET_MS || now - begun >= 2 * QUIET_MS; // some pages keep asking
  const isQuiet = isLoaded && isAtEnd && isAnswered
    && now - memory.changed >= QUIET_MS && now - begun >= LEAST_MS;
  if (isQuiet && isEnough) {
    const fault = shown.closed || !lost ? '' : `${lost} images left it again: a viewer that keeps only what`
      + ' is in sight cannot be fetched; name what only stood in for images in `placeholders`';
    return done({...shown, fault});
  }
  if (isLoaded && now - loaded >= wants.patience_s * 1000) {
    return done({...shown, fault: isEnough ? `still changes after ${wants.patience_s} s` : ''});
  }
  if (wants.scroll) scrollOn(shown.addresses.indexOf(null));
  setTimeout(look, LOOK_MS);
};
look();
