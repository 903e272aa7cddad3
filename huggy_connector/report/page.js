for (const notice of document.querySelectorAll("[data-fresh-until]"))
  notice.hidden = Date.now() <= Date.parse(notice.dataset.freshUntil);
