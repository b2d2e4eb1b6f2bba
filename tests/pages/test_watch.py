"""The browser fixture notices what no page of ours may do."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.engines import Watch


def test_a_request_that_leaves_the_origin_and_an_error_are_noticed(page: Page, watch: Watch) -> None:
    page.set_content('<img src="http://127.0.0.2:9/x.png"><script>throw new Error("broken")</script>')
    page.wait_for_function("document.images[0].complete")
    noticed = "\n".join(watch.unexpected())
    assert "leaves the origin: http://127.0.0.2:9/x.png" in noticed
    assert "page error: broken" in noticed
    watch.allowed += ["127.0.0.2", "broken"]


def test_a_page_without_scripts_runs_none(new_page: Callable[..., Page]) -> None:
    page = new_page(scripts=False)
    page.set_content("<p>plain</p><script>throw new Error('not run')</script>")
    assert page.inner_text("p") == "plain"
