"""Pages for people: the same data as the rest of the service, in words, tables and pictures.

**To add a page**, write three small files and name them in one place:

1. `NAME.py` with `def router(site: Site) -> APIRouter`. A handler gathers what its page shows and
   returns `site.page(request, "NAME.html", …)`. What a page needs of the data stands in SPARQL
   files, `queries/NAME….rq` here or the kept questions, and is asked with `site.rows(…)`: Python
   names no term of the domain. Heavy work is a job for a worker: `site.service.read(…, job, …)`.
2. `templates/NAME.html`, which extends `layout.html` and fills its blocks `title` and `main`.
   Addresses are made by `url("/path", parameter=…)`, files by `asset("site.css")`, a thing of the
   data by the macro `thing` of `parts.html`. All texts are escaped; nothing is ever marked safe.
3. A line in `navigation.SECTIONS`, if the page has a place in the bar, and the module in
   `app.create_app`.

**How it looks** is decided in `static/site.css` alone, whose first comment lists the classes;
a page adds none of its own where one of these does. Nothing is styled in
place: the policy forbids it.

**Forms that change something** are sent by POST, contain `{{ csrf() }}`, and are read with
`await site.form(request)`: without it, no session lets a request write (see `sessions`).

**Content.** Each page has a strict Content-Security-Policy: scripts and styles come from `static/`
only. A page that needs more says so: `site.page(…, policy=…)`. Scripts of our own are plain
modules in `static/`; others lie in `static/vendor/NAME-VERSION/` and are renewed by
`python -m srmgraph_api.pages.vendor` (see there).

**Things.** Any address that gives RDF gives a page to whoever prefers `text/html`; errors too.
"""
