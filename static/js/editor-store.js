// Copies of the text in this browser, so that nothing typed depends on the network or the server.
// Key: ban-nhap:<user>:<publication, or moi-<kind> before the first save>[:<tab or time>].
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const WRITE_AFTER_MS = 700;
  const FORGET_AFTER_MS = 60 * 24 * 3600 * 1000;

  desk.createStore = ({ form, read }) => {
    const tab = Math.random().toString(36).slice(2, 10);
    const base = () => `ban-nhap:${form.dataset.user}:${form.dataset.publication || `moi-${form.dataset.kind}`}`;
    let timer = 0;
    let works = true;

    const get = (key) => {
      try {
        const copy = JSON.parse(localStorage.getItem(key) || "null");
        return copy && copy.fields && copy.at ? copy : null;
      } catch (error) {
        return null;
      }
    };
    const put = (key, copy) => {
      try {
        localStorage.setItem(key, JSON.stringify(copy));
        return true;
      } catch (error) {
        return false; // switched off, or full: the state line then promises less
      }
    };
    const keys = () => {
      const prefix = base();
      try {
        return Object.keys(localStorage).filter((key) => key === prefix || key.startsWith(`${prefix}:`));
      } catch (error) {
        return [];
      }
    };
    // A copy that another tab or an earlier visit left is not written over before somebody has looked at it.
    const own = () => {
      const copy = get(base());
      return !copy || copy.tab === tab ? base() : `${base()}:${tab}`;
    };

    const write = () => {
      clearTimeout(timer);
      timer = 0;
      works = put(own(), { at: new Date().toISOString(), seen: form.elements.seen.value, fields: read(), tab });
    };
    const remove = (key) => {
      try { localStorage.removeItem(key); } catch (error) { /* storage is switched off */ }
    };
    const clear = () => {
      clearTimeout(timer);
      timer = 0;
      keys().forEach((key) => { const copy = get(key); if (copy && copy.tab === tab && !copy.kept) remove(key); });
    };

    // Other tabs with the same text say so: what they have not saved yet is theirs, not lost.
    const channel = "BroadcastChannel" in window ? new BroadcastChannel("ban-nhap") : null;
    const alive = new Set();
    if (channel) {
      channel.onmessage = ({ data }) => {
        if (data.key !== base() || data.tab === tab) return;
        if (data.asks) channel.postMessage({ key: base(), tab });
        else alive.add(data.tab);
      };
      channel.postMessage({ key: base(), tab, asks: true });
    }

    return {
      write,
      clear,
      remove,
      works: () => works,
      schedule: () => { if (!timer) timer = setTimeout(write, WRITE_AFTER_MS); },
      /** Copies that nobody is typing at now, newest first. */
      found: () =>
        new Promise((resolve) => setTimeout(resolve, channel ? 200 : 0)).then(() =>
          keys()
            .map((key) => ({ key, copy: get(key) }))
            .filter(({ key, copy }) => {
              if (!copy || copy.tab === tab || alive.has(copy.tab)) return false;
              if (Date.now() - Date.parse(copy.at) < FORGET_AFTER_MS) return true;
              remove(key);
              return false;
            })
            .sort((one, other) => (one.copy.at < other.copy.at ? 1 : -1))
        ),
      /** Keep a text that was not chosen, until somebody throws it away; answers its key. */
      keep: (fields, whose, at) => {
        const key = `${base()}:khac-${Date.now().toString(36)}`;
        const copy = { at: at || new Date().toISOString(), seen: "", fields, tab: `khac-${tab}`, kept: whose };
        return put(key, copy) ? { key, copy } : null;
      },
      /** The text has got its number: its copies go with it. */
      moveTo: (publication) => {
        const mine = keys().filter((key) => { const copy = get(key); return copy && (copy.tab === tab || copy.tab === `khac-${tab}`); });
        const copies = mine.map((key) => [key.slice(base().length), get(key)]);
        mine.forEach(remove);
        form.dataset.publication = String(publication);
        copies.forEach(([rest, copy]) => put(base() + rest, copy));
      }
    };
  };
})();
