"""`twistd hub`."""

from twisted.application.service import ServiceMaker

hub = ServiceMaker("Hub", "hub.app.tap", "A live output streaming hub", "hub")
