// The link to the other language leads to the section that is being read.  Sections have the same address in both.
(() => {
  'use strict';
  const here = () => [...document.querySelectorAll('section[id^="section-"]')].filter(s => s.getBoundingClientRect().top < innerHeight / 3).pop();
  for (const link of document.querySelectorAll('.ta-language a[hreflang]')) {
    const page = link.href.split('#')[0];
    for (const before of ['pointerdown', 'focus', 'click']) {
      link.addEventListener(before, () => { const section = here(); link.href = section ? `${page}#${section.id}` : page; });
    }
  }
})();
