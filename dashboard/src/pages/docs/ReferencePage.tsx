/** The API's reference, drawn by Swagger UI of the document that the service serves. Loaded by nobody but its reader. */
import { useEffect, useRef } from "react";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import { useTitle } from "../../ui/title";
import "./ReferencePage.css";

export default function ReferencePage() {
  const place = useRef<HTMLDivElement>(null);
  useTitle("API reference");
  useEffect(() => {
    SwaggerUI({
      domNode: place.current,
      url: "/v1/openapi.json",
      // It is to be read: whoever tries a call does so with a key of their own, not with this page's session.
      supportedSubmitMethods: [],
      validatorUrl: null,
      docExpansion: "none",
      defaultModelsExpandDepth: -1,
      deepLinking: true,
      syntaxHighlight: { activated: false },
    });
  }, []);
  return (
    <div className="reference">
      <header className="reference-head">
        <a href="/">Client Health</a>
        <h1>API reference</h1>
        <a href="/v1/openapi.json">OpenAPI document</a>
      </header>
      <div ref={place} />
    </div>
  );
}
