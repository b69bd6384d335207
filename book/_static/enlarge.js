// A figure that is pressed fills the screen, with its number and its caption; Escape or another press closes it.
(() => {
  'use strict';
  const korean = document.documentElement.lang == 'ko';
  const dialog = document.createElement('dialog');
  dialog.className = 'ta-enlarged';
  const close = document.createElement('button'), picture = document.createElement('img'), caption = document.createElement('p');
  close.type = 'button';
  close.textContent = korean ? '닫기' : 'Close';
  const frame = document.createElement('div');
  frame.append(picture);
  dialog.append(close, frame, caption);
  dialog.addEventListener('click', event => { if (event.target != caption) dialog.close(); });

  function enlarge(image) {
    picture.src = image.src;
    picture.alt = image.alt;
    const number = image.closest('.ta-figure')?.querySelector('.ta-number')?.textContent || '';
    caption.textContent = `${number} ${image.alt}`.trim();
    dialog.setAttribute('aria-label', caption.textContent);
    if (!dialog.isConnected) document.body.append(dialog);
    dialog.showModal();
  }
  document.addEventListener('click', event => {
    const image = event.target.closest('.ta-figure img, .ta-explore img');
    const button = event.target.closest('.ta-enlarge');
    if (image || button) enlarge(image || button.closest('.ta-figure').querySelector('img'));
  });
})();
