"""The demo 演示: a made-up town with a made-up year behind it, and petitions that go on coming. All of it is made up.

It works with the product's own functions (``Gateway.check``, ``Intake``, ``lifecycle.decide``, ``CaseStore.apply``); what is
its own is only who writes what when, and how long an officer takes.
"""
