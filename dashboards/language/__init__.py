"""The pages in English as well 中英文切换.

Chinese is what is written in templates, scripts and Python; each whole sentence is its own message id. ``en.yaml`` has the
English for each, ``names.en.yaml`` for the names that the packaged policy gives to topics, offices and clocks.

* ``choice``      which language this request asked for
* ``catalogue``   message to English; what a person wrote passes through untouched
* ``sentences``   the whole sentences of a template, or of a text with values in it
* ``templates``   a template's source in English, made once when it is compiled
* ``scripts``     the same for our JavaScript
* ``extracting``  every message that there is, for the test that names those without English (and ``python -m``)
"""
