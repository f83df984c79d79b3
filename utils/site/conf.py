"""Sphinx's settings for `unrolled site` (autograder/unrolled_grader/site), which adds the folder of copied files."""

project = "Unrolled"
html_title = "Unrolled"
extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinx.ext.githubpages"]  # GitHub Pages would drop _static
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True  # a formula between $$ inside a sentence

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"

# what a page would fetch, which a page opened from a folder may not: excerpts of search results
html_show_search_summary = False
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_show_copyright = False
html_permalinks_icon = "#"

mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}
